// What is changed at the server alone: why it can't be now.
import type { ActRule, SyncStatus } from "../ipc/bindings";
import { awayWords } from "./words";

/** What keeps `what` (a sentence such as “Members are changed at the server.”) from being done, or nothing. */
export function atServer(status: SyncStatus | null, what: string): string | null {
	const words = awayWords(status);
	return words === null ? null : `${words}. ${what}`;
}

/** Why something can't be done: the role's reason before the connection's. */
export function whyNot(rule: ActRule, away: string | null): string | null {
	return rule.allowed ? away : (rule.reason ?? "Your role does not allow this.");
}
