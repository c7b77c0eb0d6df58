// A search of files and folders, as the screen follows it. The core searches; what is held here is what it said.
import type { ScanProgress, ScanReport } from "../../ipc/bindings";
import { asAppError } from "../../ipc/errors";
import { commands, onScanProgress } from "../../ipc/tauri";

export type Search =
	| { kind: "none" }
	| { kind: "running"; paths: string[]; progress: ScanProgress | null }
	| { kind: "done"; paths: string[]; report: ScanReport }
	| { kind: "failed"; paths: string[]; message: string; details: string | null };

export class FileSearch {
	state = $state.raw<Search>({ kind: "none" });
	#asked = 0;

	/** Searches these; a search that runs is ended by the core. */
	async start(paths: string[]) {
		if (paths.length === 0) return;
		const mine = ++this.#asked;
		this.state = { kind: "running", paths, progress: null };
		const stop = onScanProgress((progress) => {
			if (mine === this.#asked && this.state.kind === "running")
				this.state = { ...this.state, progress };
		});
		try {
			const report = await commands.scan(paths);
			if (mine === this.#asked) this.state = { kind: "done", paths, report };
		} catch (thrown) {
			const { message, details } = asAppError(thrown);
			if (mine === this.#asked) this.state = { kind: "failed", paths, message, details };
		} finally {
			stop();
		}
	}

	/** Ends the search; what it has found is shown. */
	cancel() {
		void commands.cancelScan();
	}

	/** Forgets it: the screen is left, or something else is inspected. */
	forget() {
		if (this.state.kind === "running") this.cancel();
		this.#asked++;
		this.state = { kind: "none" };
	}
}
