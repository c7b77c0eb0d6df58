// What may be done to a key, in the words of the core; the screens decide none of this.
import type { ActRule, KeyRow, RevokeRule, RotationView, Stop } from "../ipc/bindings";

const DAY = 86_400_000;
const LONGEST_OVERLAP_SECONDS = 90 * 86_400;

function rule(reason: string | null): ActRule {
	return { allowed: reason === null, reason };
}

function stopRefusal(row: KeyRow, stop: Stop): string | null {
	if (stop === "revoke") {
		if (row.free) return "The free service key comes with the account and cannot be revoked.";
		return row.state === "revoked" ? "This key is revoked already." : null;
	}
	if (row.state === "revoked" || row.state === "expired")
		return `This key ${row.state === "revoked" ? "is revoked" : "has expired"}; there is nothing left to pause or to resume.`;
	if (stop === "pause") return row.state === "paused" ? "This key is paused already." : null;
	return row.state === "paused" ? null : "This key is not paused.";
}

function rotateRefusal(row: KeyRow, rotation: RotationView | null): string | null {
	if (row.pending?.operation === "create")
		return "This key is not made yet; rotate it when it is in force.";
	if (row.pending?.operation === "rotate") return "Its rotation waits for the server already.";
	if (row.state === "revoked") return "This key is revoked; make a new one.";
	if (row.state === "expired") return "This key has expired; make a new one.";
	if (rotation !== null) return "This key is being rotated already; finish it or roll it back first.";
	return null;
}

export function isRecent(row: KeyRow): boolean {
	return row.lastUsedAt !== null && Date.now() - Date.parse(row.lastUsedAt) < 7 * DAY;
}

/** Why two secrets can't work so long side by side. */
export function overlapRefusal(seconds: number): string | null {
	return seconds > LONGEST_OVERLAP_SECONDS
		? "Two secrets of a key work side by side for 90 days at the most; choose a shorter time."
		: null;
}

type Rules = { edit: ActRule; pause: ActRule; resume: ActRule; rotate: ActRule; revoke: RevokeRule };

/** What may be done to a rotation that is under way. */
export function stepRule(row: KeyRow, isViewer: boolean): ActRule {
	if (isViewer) return rule("Owners and Admins may rotate keys. Ask one of them.");
	const ends =
		row.pending?.operation === "finish_rotation" || row.pending?.operation === "roll_back_rotation";
	return rule(ends ? "The end of its rotation waits for the server already." : null);
}

export function rulesOf(row: KeyRow, rotation: RotationView | null, isViewer: boolean): Rules {
	const may = (what: string, reason: string | null) =>
		rule(isViewer ? `Owners and Admins may ${what} keys. Ask one of them.` : reason);
	return {
		edit: may("edit", row.state === "revoked" ? "This key is revoked; it stays as it was." : null),
		pause: may("pause", stopRefusal(row, "pause")),
		resume: may("resume", stopRefusal(row, "resume")),
		rotate: may("rotate", rotateRefusal(row, rotation)),
		revoke: { ...may("revoke", stopRefusal(row, "revoke")), nameRequired: isRecent(row) },
	};
}
