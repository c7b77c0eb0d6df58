// The words for what the core names with codes: one place, so that every screen says the same.
import type { Action, ConnectionView, KeyKind, KeyState, Role, SyncStatus } from "../ipc/bindings";
import { count, counted, timeOfDay } from "../kit/time";

export const kindNames: Record<KeyKind, string> = {
	team: "Team key",
	project: "Project key",
	service: "Service key",
	personal: "Personal token",
};

export const kindMay: Record<KeyKind, string> = {
	team: "create and change projects",
	project: "use the resources of one project",
	service: "call services",
	personal: "act as its owner",
};

export const stateNames: Record<KeyState, string> = {
	active: "Active",
	rotating: "Rotating",
	paused: "Paused",
	suspended: "Suspended",
	expired: "Expired",
	revoked: "Revoked",
};

export const roleNames: Record<Role, string> = {
	owner: "Owner",
	admin: "Admin",
	billing: "Billing",
	editor: "Editor",
	viewer: "Viewer",
};

export const roleMay: Record<Role, string> = {
	owner: "Everything; there is exactly one.",
	admin: "Manages keys, people and money.",
	billing: "Manages money, and sees all keys.",
	editor: "Works with projects, and sees the keys assigned to them.",
	viewer: "Looks at projects and assigned keys only.",
};

export const actionNames: Record<Action, string> = {
	read_keys: "See keys",
	manage_keys: "Create, change and revoke keys",
	rotate_keys: "Rotate shared keys",
	own_tokens: "Have personal tokens",
	manage_policy: "Set the token policy",
	manage_members: "Invite people and set their roles",
	manage_money: "Manage plans, cards and wallets",
	manage_companies: "Manage companies and sites",
	read_projects: "See projects",
	manage_projects: "Create and change projects",
	read_activity: "See the activity of the organization",
	own_organization: "Transfer or delete the organization",
};

/** Who is signed in: by address at a server, by name where nobody gave an address. */
export function accountOf(connection: ConnectionView): string {
	return connection.kind === "server" ? connection.accountEmail : connection.accountName;
}

/** "Synced 10:42", "Offline since 10:40", "Syncing 12,400 of 100,000", "Signed out". */
export function syncWords(status: SyncStatus, now: number): string {
	const since = status.since === null ? "" : ` since ${timeOfDay(status.since, now)}`;
	switch (status.state) {
		case "synced":
			return status.lastSyncedAt === null ? "Synced" : `Synced ${timeOfDay(status.lastSyncedAt, now)}`;
		case "syncing":
			return status.progress === null
				? "Syncing"
				: `Syncing ${count(status.progress.done)} of ${count(status.progress.total)}`;
		case "offline":
			return `Offline${since}`;
		case "signed_out":
			return "Signed out";
		case "failed":
			return "Sync failed";
	}
}

/** "You are offline", or null while the server can be expected to answer. */
export function awayWords(status: SyncStatus | null): string | null {
	switch (status?.state) {
		case "offline":
			return "You are offline";
		case "signed_out":
			return "You are signed out";
		case "failed":
			return "The last sync failed";
		default:
			return null;
	}
}

/** How a sync that was asked for ended. */
export function syncOutcome(status: SyncStatus): { text: string; tone: "calm" | "bad" } {
	const away = awayWords(status);
	if (away !== null) return { text: `Not synced. ${status.problem?.message ?? `${away}.`}`, tone: "bad" };
	return { text: status.state === "synced" ? "Synced." : "Still syncing.", tone: "calm" };
}

/** "3 changes waiting", or nothing. */
export function waitingWords(status: SyncStatus): string | null {
	return status.waiting === 0 ? null : `${counted(status.waiting, "change")} waiting`;
}

/** "1 change needs you", or nothing. */
export function needsYouWords({ needsYou }: SyncStatus): string | null {
	return needsYou === 0 ? null : `${counted(needsYou, "change")} ${needsYou === 1 ? "needs" : "need"} you`;
}
