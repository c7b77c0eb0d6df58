// What every screen of an open workspace may ask: who we are here, what we may do, how sync stands, and
// which screens there are.
import { createContext, type Component } from "svelte";
import type { Action, ActionPermission, KeyCounts, KeyId, Opened, SyncStatus } from "../ipc/bindings";
import type { Live } from "../ipc/live.svelte";
import type { Icon } from "../kit/icon";

/** A screen as data; feeds the sidebar, the palette and "Why don't I see…?". */
export type Tab = {
	id: string;
	label: string;
	group: "main" | "organization" | "personal";
	icon: Icon;
	/** What the screen is for, in one line. */
	purpose: string;
	/** What a person must be allowed to do to use it; null when everyone may. */
	action: Action | null;
	keywords: string;
	/** Kept out of the sidebar; reached from its foot and the palette. */
	aside?: boolean;
	view: Component;
};

export type Workspace = {
	readonly opened: Opened;
	readonly sync: Live<SyncStatus>;
	readonly counts: KeyCounts | null;
	readonly tabs: readonly Tab[];
	/** Opens the name and description of a key to be written. */
	readonly edit: (keyId: KeyId) => void;
	/** Asks to pause a key, or resumes it. */
	readonly halt: (keyId: KeyId) => void;
	/** Opens what somebody else changed too. */
	readonly decide: (keyId: KeyId) => void;
};

export const [getWorkspace, setWorkspace] = createContext<Workspace>();

/** The core's answer for this action; what it does not name is not allowed. */
function permission({ opened }: Workspace, action: Action): ActionPermission {
	return (
		opened.permissions.find((given) => given.action === action) ?? {
			action,
			allowed: false,
			reason: null,
		}
	);
}

/** Why this action is disabled, or null when it is allowed. */
export function refusal(workspace: Workspace, action: Action): string | null {
	const { allowed, reason } = permission(workspace, action);
	return allowed ? null : (reason ?? "Your role does not allow this.");
}
