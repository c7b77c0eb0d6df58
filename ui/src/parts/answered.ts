// A change is wanted at once and in force when the server has confirmed it; where the server is there, that is a
// moment later, and worth waiting for before anything is said about it.
import type { KeyDetail } from "../ipc/bindings";
import { commands, onTopics } from "../ipc/tauri";
import { awayWords } from "./words";

const PATIENCE_MS = 5_000;

function isAnswered({ row }: KeyDetail): boolean {
	return row.pending === null || row.pending.state === "refused";
}

/** The key as the server has answered to its change, or as it is when no answer is to be expected soon. */
export function answered(wanted: KeyDetail): Promise<KeyDetail> {
	if (isAnswered(wanted)) return Promise.resolve(wanted);
	return new Promise((resolve) => {
		let latest = wanted;
		function end() {
			clearTimeout(timer);
			stop();
			resolve(latest);
		}
		async function look() {
			try {
				const [detail, status] = await Promise.all([
					commands.keyDetail(wanted.row.id),
					commands.syncStatus(),
				]);
				latest = detail;
				if (isAnswered(detail) || awayWords(status) !== null) end();
			} catch {
				end();
			}
		}
		const timer = setTimeout(end, PATIENCE_MS);
		const stop = onTopics(["keys", "outbox", "sync"], () => void look());
		void look();
	});
}
