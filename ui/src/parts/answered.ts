// A change is wanted at once and in force when the server has confirmed it; where the server is there, that is a
// moment later, and worth waiting for before anything is said about it.
import type { KeyDetail, KeyRow, OutboxState, PendingChange, PendingOperation } from "../ipc/bindings";
import { commands, onTopics } from "../ipc/tauri";
import { awayWords } from "./words";

const PATIENCE_MS = 5_000;

/** How far a change of a key has come; `change` is it while it is not in force. */
type Answer = { row: KeyRow; state: OutboxState | "in_force"; change: PendingChange | null };

export function goesOn({ state }: { state: OutboxState | "in_force" }): boolean {
	return state === "waiting" || state === "sent";
}

async function look({ row: { id } }: KeyDetail, operations: readonly PendingOperation[]): Promise<Answer> {
	const [{ row }, pending] = await Promise.all([commands.keyDetail(id), commands.listPending()]);
	const change =
		pending.findLast(({ keyId, operation }) => keyId === id && operations.includes(operation)) ?? null;
	return { row, state: change?.state ?? "in_force", change };
}

/** What the server answered to a change of a key, or how it stands when no answer is to be expected soon. */
export function answered(wanted: KeyDetail, ...operations: PendingOperation[]): Promise<Answer> {
	return new Promise((resolve) => {
		let latest: Answer = { row: wanted.row, state: "waiting", change: null };
		function end() {
			clearTimeout(timer);
			stop();
			resolve(latest);
		}
		async function ask() {
			try {
				const status = await commands.syncStatus();
				latest = await look(wanted, operations);
				if (!goesOn(latest) || awayWords(status) !== null) end();
			} catch {
				end();
			}
		}
		const timer = setTimeout(end, PATIENCE_MS);
		const stop = onTopics(["keys", "outbox", "sync"], () => void ask());
		void ask();
	});
}

/** How an edit ended that its author has nothing more to do with for now. */
export function editedWords({ row: { name }, state }: Answer): string {
	return state === "in_force"
		? `${name} is changed.`
		: `${name} is changed here, not yet in force: the server has not confirmed it.`;
}
