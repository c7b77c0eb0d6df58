// What the palette offers besides keys: the screens from their table, and the acts. Pure lists; the palette
// only draws them and runs the chosen one.
import ArrowLeftRight from "@lucide/svelte/icons/arrow-left-right";
import Keyboard from "@lucide/svelte/icons/keyboard";
import Lock from "@lucide/svelte/icons/lock";
import ListChecks from "@lucide/svelte/icons/list-checks";
import Monitor from "@lucide/svelte/icons/monitor";
import Moon from "@lucide/svelte/icons/moon";
import Plus from "@lucide/svelte/icons/plus";
import RefreshCw from "@lucide/svelte/icons/refresh-cw";
import Sun from "@lucide/svelte/icons/sun";
import { asAppError } from "../ipc/errors";
import { commands } from "../ipc/tauri";
import type { Icon } from "../kit/icon";
import { say } from "../kit/toasts.svelte";
import { route } from "../route.svelte";
import type { Session } from "../state/session.svelte";
import { refusal, type Workspace } from "../state/workspace";

export type Entry = {
	id: string;
	label: string;
	detail?: string;
	icon: Icon;
	keywords: string;
	act: () => void;
};

/** Entries in which every word of the text begins some word of theirs. */
export function matching(entries: readonly Entry[], text: string): Entry[] {
	const sought = words(text);
	return entries.filter((entry) => {
		const offered = words(`${entry.label} ${entry.keywords}`);
		return sought.every((word) => offered.some((other) => other.startsWith(word)));
	});
}

function words(text: string): string[] {
	return text
		.toLowerCase()
		.split(/[\s-]+/)
		.filter((word) => word !== "");
}

export function tabEntries(workspace: Workspace): Entry[] {
	return workspace.tabs
		.filter(({ action }) => action === null || refusal(workspace, action) === null)
		.map((tab) => ({
			id: `tab-${tab.id}`,
			label: tab.label,
			icon: tab.icon,
			keywords: tab.keywords,
			act: () => route.go(tab.id),
		}));
}

async function syncNow() {
	try {
		await commands.syncNow();
		say("Synced.");
	} catch (thrown) {
		say(asAppError(thrown).message, "bad");
	}
}

type Opens = { onshortcuts: () => void; onpending: () => void };

export function actEntries(session: Session, workspace: Workspace, opens: Opens): Entry[] {
	const current = workspace.opened.connection.id;
	const entries: Entry[] = [
		{
			id: "sync",
			label: "Sync now",
			icon: RefreshCw,
			keywords: "refresh pull push",
			act: () => void syncNow(),
		},
		{
			id: "pending",
			label: "Show pending changes",
			icon: ListChecks,
			keywords: "outbox waiting offline",
			act: opens.onpending,
		},
		...session.connections
			.filter((connection) => connection.id !== current)
			.map((connection) => ({
				id: `switch-${connection.id}`,
				label: `Switch to ${connection.organizationName}`,
				detail: connection.place,
				icon: ArrowLeftRight,
				keywords: `connection ${connection.place}`,
				act: () => void session.open(connection),
			})),
		{
			id: "add",
			label: "Add a connection",
			icon: Plus,
			keywords: "server connect sign in",
			act: () => (session.adding = true),
		},
		...(session.lock.ready
			? [
					{
						id: "lock",
						label: "Lock now",
						icon: Lock,
						keywords: "away passphrase",
						act: () => void session.lockNow(),
					},
				]
			: []),
		{
			id: "system",
			label: "Use the system's theme",
			icon: Monitor,
			keywords: "appearance",
			act: () => void session.setTheme("system"),
		},
		{
			id: "light",
			label: "Use the light theme",
			icon: Sun,
			keywords: "appearance",
			act: () => void session.setTheme("light"),
		},
		{
			id: "dark",
			label: "Use the dark theme",
			icon: Moon,
			keywords: "appearance",
			act: () => void session.setTheme("dark"),
		},
		{
			id: "shortcuts",
			label: "Show keyboard shortcuts",
			icon: Keyboard,
			keywords: "help",
			act: opens.onshortcuts,
		},
	];
	if (refusal(workspace, "manage_keys") === null) {
		entries.unshift({
			id: "new-key",
			label: "New key",
			icon: Plus,
			keywords: "create make team secret token",
			act: () => route.go("keys", "new"),
		});
	}
	return entries;
}
