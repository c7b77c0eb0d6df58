// An import of keys of another system, as its dialog follows it. The core reads the file and sends its rows; what is
// held here is what it said.
import type { AppError, ImportPreview, ImportProgress, ImportReport } from "../../ipc/bindings";
import { asAppError } from "../../ipc/errors";
import { commands, onImportProgress } from "../../ipc/tauri";

export type Importing =
	| { is: "asking"; problem: AppError | null }
	| { is: "reading" }
	| { is: "read"; preview: ImportPreview; problem: AppError | null }
	| { is: "importing"; preview: ImportPreview; progress: ImportProgress; cancelled: boolean }
	| { is: "done"; report: ImportReport };

export class KeysImport {
	state = $state.raw<Importing>({ is: "asking", problem: null });
	#path: string | null = null;
	#asked = 0;

	/** Asks for a file in the system's own dialog, and reads it. */
	async choose() {
		const mine = ++this.#asked;
		const before = this.state;
		try {
			const path = await commands.chooseImport();
			if (mine !== this.#asked || path === null) return;
			await this.read(path);
		} catch (thrown) {
			if (mine === this.#asked) this.state = { is: "asking", problem: asAppError(thrown) };
		} finally {
			if (mine === this.#asked && this.state.is === "reading") this.state = before;
		}
	}

	/** Reads a file; nothing is written. */
	async read(path: string) {
		const mine = ++this.#asked;
		this.#path = path;
		this.state = { is: "reading" };
		try {
			const preview = await commands.readImport(path);
			if (mine === this.#asked) this.state = { is: "read", preview, problem: null };
		} catch (thrown) {
			if (mine === this.#asked) this.state = { is: "asking", problem: asAppError(thrown) };
		}
	}

	/** The file again, whose rows that were imported are known by now. */
	again() {
		if (this.#path !== null) void this.read(this.#path);
	}

	async start(preview: ImportPreview) {
		const mine = ++this.#asked;
		const total = preview.counts.imported;
		this.state = { is: "importing", preview, progress: { done: 0, total }, cancelled: false };
		const stop = onImportProgress((progress) => {
			if (mine === this.#asked && this.state.is === "importing")
				this.state = { ...this.state, progress };
		});
		try {
			const report = await commands.startImport();
			if (mine === this.#asked) this.state = { is: "done", report };
		} catch (thrown) {
			if (mine === this.#asked) this.state = { is: "read", preview, problem: asAppError(thrown) };
		} finally {
			stop();
		}
	}

	/** Ends it behind the rows that are being sent; what became of the others is told then. */
	cancel() {
		if (this.state.is !== "importing") return;
		this.state = { ...this.state, cancelled: true };
		void commands.cancelImport();
	}

	/** The dialog is left. */
	forget() {
		this.#asked++;
		void commands.forgetImport();
	}
}
