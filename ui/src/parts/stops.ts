// Pausing and resuming a key (K8), with what is said about it and the way back.
import type { KeyDetail, KeyId, PendingChange } from "../ipc/bindings";
import { asAppError } from "../ipc/errors";
import { commands } from "../ipc/tauri";
import { say } from "../kit/toasts.svelte";
import { answered, goesOn } from "./answered";

type Halt = "pause" | "resume";

const done = { pause: "paused", resume: "resumed" };
const back: Record<Halt, Halt> = { pause: "resume", resume: "pause" };

/** Whether a key is to be paused: by what waits, or else by how it stands. */
export function isToBePaused({ row }: KeyDetail, changes: readonly PendingChange[]): boolean {
	const wanted = haltOf(changes);
	return wanted === undefined ? row.state === "paused" : wanted.operation === "pause";
}

/** The pause or the resumption that waits, if one does: the core takes it back when the opposite is asked for. */
function haltOf(changes: readonly PendingChange[]): PendingChange | undefined {
	return changes.findLast(
		(change) => (change.operation === "pause" || change.operation === "resume") && goesOn(change),
	);
}

/** Pauses or resumes, and says how it went. */
export async function halt(keyId: KeyId, wanted: Halt): Promise<void> {
	const { row, state, change } = await answered(await commands.stopKey(keyId, wanted), wanted);
	if (state === "refused") {
		say(change?.message ?? `The server refused to ${wanted} ${row.name}.`, "bad");
		return;
	}
	const undo = { label: "Undo", run: () => void haltAndSay(keyId, back[wanted]) };
	if (state === "in_force") say(`${row.name} is ${done[wanted]}.`, "calm", undo);
	else
		say(
			`${row.name} is ${done[wanted]} here, not yet in force: the server has not confirmed it.`,
			"calm",
			undo,
		);
}

/** As `halt`, where nothing on the screen could say that it failed. */
export async function haltAndSay(keyId: KeyId, wanted: Halt): Promise<void> {
	try {
		await halt(keyId, wanted);
	} catch (thrown) {
		say(asAppError(thrown).message, "bad");
	}
}

type Opening = { is: "pause"; detail: KeyDetail } | { is: "resume" } | { is: "refused"; reason: string };

/** Where it leads to pause or resume a key now. */
export async function openToHalt(keyId: KeyId): Promise<Opening> {
	const [detail, pending] = await Promise.all([commands.keyDetail(keyId), commands.listPending()]);
	const changes = pending.filter((change) => change.keyId === keyId);
	const paused = isToBePaused(detail, changes);
	const reason = haltRefusal(detail, changes);
	if (reason !== null) return { is: "refused", reason };
	return paused ? { is: "resume" } : { is: "pause", detail };
}

/** Why it can be neither paused nor resumed, as the core says, or null. */
export function haltRefusal(detail: KeyDetail, changes: readonly PendingChange[]): string | null {
	if (haltOf(changes) !== undefined) return null;
	const rule = isToBePaused(detail, changes) ? detail.resume : detail.pause;
	return rule.allowed ? null : (rule.reason ?? "This key cannot be paused or resumed.");
}
