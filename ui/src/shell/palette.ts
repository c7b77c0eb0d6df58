// What the palette offers besides keys: the screens from their table, and the acts. Pure lists; the palette
// only draws them and runs the chosen one.
import ArrowLeftRight from "@lucide/svelte/icons/arrow-left-right";
import Keyboard from "@lucide/svelte/icons/keyboard";
import Lock from "@lucide/svelte/icons/lock";
import ListChecks from "@lucide/svelte/icons/list-checks";
import Monitor from "@lucide/svelte/icons/monitor";
import Moon from "@lucide/svelte/icons/moon";
import Pause from "@lucide/svelte/icons/pause";
import Pencil from "@lucide/svelte/icons/pencil";
import Play from "@lucide/svelte/icons/play";
import FileUp from "@lucide/svelte/icons/file-up";
import Plus from "@lucide/svelte/icons/plus";
import RefreshCw from "@lucide/svelte/icons/refresh-cw";
import Split from "@lucide/svelte/icons/split";
import Sun from "@lucide/svelte/icons/sun";
import type { KeyDetail } from "../ipc/bindings";
import { asAppError } from "../ipc/errors";
import { commands } from "../ipc/tauri";
import type { Icon } from "../kit/icon";
import { say } from "../kit/toasts.svelte";
import { syncOutcome } from "../parts/words";
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

/** What begins with the text, then where its words begin words, then where it occurs, then where its letters do. */
type Fit = 0 | 1 | 2 | 3 | 4;
const LOOSE: Fit = 4;
const LETTERS_TO_BE_LOOSE = 3;

function fit({ label, keywords }: Pick<Entry, "label" | "keywords">, text: string): Fit | null {
	const sought = text.trim().toLowerCase();
	const name = label.toLowerCase();
	const began = (offered: string[]) =>
		words(sought).every((word) => offered.some((other) => other.startsWith(word)));
	if (name.startsWith(sought)) return 0;
	if (began(words(label))) return 1;
	if (began(words(`${label} ${keywords}`))) return 2;
	if (name.includes(sought)) return 3;
	return sought.length >= LETTERS_TO_BE_LOOSE && inOrder(sought, name) ? LOOSE : null;
}

function inOrder(sought: string, offered: string): boolean {
	let from = 0;
	return [...sought].every((letter) => {
		from = offered.indexOf(letter, from) + 1;
		return from > 0;
	});
}

/** The entries that fit a text, the best first; `loose` are those of which only the letters occur, in order. */
export function ranked(entries: readonly Entry[], text: string): { close: Entry[]; loose: Entry[] } {
	const fitting = entries.flatMap((entry) => {
		const found = fit(entry, text);
		return found === null ? [] : [{ entry, found }];
	});
	fitting.sort((one, other) => one.found - other.found);
	return {
		close: fitting.filter(({ found }) => found !== LOOSE).map(({ entry }) => entry),
		loose: fitting.filter(({ found }) => found === LOOSE).map(({ entry }) => entry),
	};
}

/** How close the best of the entries fits; what stands first in the palette is chosen by it. */
export function closest(entries: readonly Entry[], text: string): number {
	return Math.min(...entries.map((entry) => fit(entry, text) ?? Infinity));
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
		const { text, tone } = syncOutcome(await commands.syncNow());
		say(text, tone);
	} catch (thrown) {
		say(asAppError(thrown).message, "bad");
	}
}

type Opens = { onshortcuts: () => void; onpending: () => void };

/** What can be done with the key that is open. Its name is shown and not sought by: who types it looks for the key. */
export function keyEntries({ row, edit, pause, resume }: KeyDetail, workspace: Workspace): Entry[] {
	const halts: Entry[] = [
		{
			id: "pause",
			label: "Pause the open key",
			icon: Pause,
			keywords: "stop hold suspend",
			allowed: pause.allowed,
		},
		{
			id: "resume",
			label: "Resume the open key",
			icon: Play,
			keywords: "unpause",
			allowed: resume.allowed,
		},
	]
		.filter(({ allowed }) => allowed)
		.map((entry) => ({ ...entry, detail: row.name, act: () => workspace.halt(row.id) }));
	if (!edit.allowed) return halts;
	return [
		row.pending?.state === "conflict"
			? {
					id: "decide",
					label: "Decide on the open key",
					detail: row.name,
					icon: Split,
					keywords: "conflict edit rename",
					act: () => workspace.decide(row.id),
				}
			: {
					id: "edit",
					label: "Edit the open key",
					detail: row.name,
					icon: Pencil,
					keywords: "rename name description change",
					act: () => workspace.edit(row.id),
				},
		...halts,
	];
}

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
	const makes = ["manage_keys", "own_tokens"] as const;
	if (makes.some((action) => refusal(workspace, action) === null)) {
		entries.unshift({
			id: "new-key",
			label: "New key",
			icon: Plus,
			keywords: "create make team secret token",
			act: () => route.go("keys", "new"),
		});
	}
	if (refusal(workspace, "manage_keys") === null) {
		entries.push({
			id: "import-keys",
			label: "Import keys",
			icon: FileUp,
			keywords: "file csv json hashes another system",
			act: () => route.go("keys", "import"),
		});
	}
	return entries;
}
