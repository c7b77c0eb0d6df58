// The words for stopping many keys at once, and for what became of it.
import type { BulkReport, KeyId, Stop } from "../../ipc/bindings";
import { counted } from "../../kit/time";

const verbs: Record<Stop, string> = { pause: "paused", resume: "resumed", revoke: "revoked" };

/** What takes it back; none for what can't be undone. */
export const opposites: Record<Stop, Stop | null> = { pause: "resume", resume: "pause", revoke: null };

export type Stopped = { stop: Stop; ids: readonly KeyId[]; report: BulkReport };

/** "3 keys are being paused", "No key was paused". */
export function stoppedWords({ stop, report: { done } }: Stopped): string {
	if (done === 0) return `No key was ${verbs[stop]}`;
	return `${counted(done, "key")} ${done === 1 ? "is" : "are"} being ${verbs[stop]}`;
}

/** "2 keys were not paused" */
export function refusedWords({ stop, report: { refused } }: Stopped): string {
	return `${counted(refused.length, "key")} ${refused.length === 1 ? "was" : "were"} not ${verbs[stop]}`;
}

/** The keys it was done to. */
export function doneTo({ ids, report: { refused } }: Stopped): KeyId[] {
	const spared = new Set(refused.map(({ keyId }) => keyId));
	return ids.filter((id) => !spared.has(id));
}
