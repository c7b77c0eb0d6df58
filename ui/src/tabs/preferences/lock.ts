// The words for when Keystead locks itself.
import type { LockStatus } from "../../ipc/bindings";

export const idleTimes = [
	{ value: "never", label: "Never" },
	{ value: "1", label: "1 min" },
	{ value: "5", label: "5 min" },
	{ value: "15", label: "15 min" },
	{ value: "60", label: "1 hour" },
] as const;

/** "After 15 min, and when the computer sleeps". */
export function whenItLocks({ ready, afterMinutes, onSleep }: LockStatus): string {
	const after =
		idleTimes.find(({ value }) => value === String(afterMinutes))?.label ?? `${afterMinutes} min`;
	if (!ready || (afterMinutes === null && !onSleep)) return "Never";
	if (afterMinutes === null) return "When the computer sleeps";
	return onSleep ? `After ${after}, and when the computer sleeps` : `After ${after}`;
}
