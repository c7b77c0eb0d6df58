// Every screen and state, as axe sees it.
import { screen, within } from "@testing-library/svelte";
import type { UserEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";
import { complaints, makeKey, start } from "./app";
import { problem, type FakeCore } from "./core";
import { here, northwind } from "./sample";

type State = {
	name: string;
	tab?: string;
	arrange?: (core: FakeCore) => void;
	act?: (user: UserEvent, core: FakeCore) => Promise<unknown>;
	shown: () => Promise<unknown>;
};

const heading = (name: string) => () => screen.findByRole("heading", { name });
const dialog = (name: string) => () => screen.findByRole("dialog", { name });
const none = (core: FakeCore) => Object.assign(core, { connections: [], current: null });

/** An edit in conflict, one that was refused, one that was sent and one that waits. */
function edits(core: FakeCore) {
	const [first, second, third, fourth] = core.keys;
	if (!first || !second || !third || !fourth) return;
	core.queueEdit(first, { name: "ci-mine", description: "deploys releases" });
	core.editElsewhere(first.id, { name: "ci-theirs" });
	core.confirm();
	core.queueEdit(second, { name: "matrix-prod" });
	core.mark(second, "refused", "Another key has this name.");
	core.queueEdit(third, { name: "matrix" });
	core.mark(third, "sent");
	core.queueEdit(fourth, { description: "batches" });
}

async function decide(user: UserEvent) {
	await user.click(await screen.findByRole("row", { name: /ci-theirs/ }));
	await user.click(await screen.findByRole("button", { name: "Decide…" }));
}

const HOUR = 3_600_000;

function rotating(core: FakeCore) {
	core.rotating("ci-deploy", { began: 40 * HOUR, oldUsed: 3 * HOUR, newUsed: 60_000 });
}

/** Opens a key and presses one of its acts. */
function press(name: string, key = "ci-deploy") {
	return async (user: UserEvent) => {
		await user.click(await screen.findByRole("row", { name: new RegExp(key) }));
		const panel = within(await screen.findByRole("region", { name: "Key details" }));
		await user.click(await panel.findByRole("button", { name }));
	};
}

async function select(user: UserEvent) {
	await user.click(await screen.findByRole("checkbox", { name: "Select ci-deploy" }));
	await user.click(await screen.findByRole("checkbox", { name: "Select old-dashboard" }));
	return within(await screen.findByRole("region", { name: "Selected keys" }));
}

const states: State[] = [
	{ name: "pause", act: press("Pause"), shown: dialog("Pause ci-deploy") },
	{
		name: "paused",
		arrange: (core) => core.paused("ci-deploy"),
		act: async (user) => user.click(await screen.findByRole("row", { name: /ci-deploy/ })),
		shown: () => screen.findByRole("button", { name: "Resume" }),
	},
	{
		name: "way back in a notice",
		arrange: (core) => core.paused("ci-deploy"),
		act: press("Resume"),
		shown: () => screen.findByRole("button", { name: "Undo" }),
	},
	{ name: "rotate", act: press("Rotate…"), shown: dialog("Rotate ci-deploy") },
	{
		name: "rotate, another time",
		act: async (user) => {
			await press("Rotate…")(user);
			await user.click(await screen.findByRole("radio", { name: "Other" }));
			await user.click(screen.getByRole("button", { name: "Rotate" }));
		},
		shown: () => screen.findByText("Write a whole number."),
	},
	{
		name: "rotation",
		arrange: rotating,
		act: async (user) => user.click(await screen.findByRole("row", { name: /ci-deploy/ })),
		shown: () => screen.findByRole("img", { name: /^Requests with either secret/ }),
	},
	{
		name: "rotation as a table",
		arrange: rotating,
		act: press("Show as table"),
		shown: () => screen.findByRole("button", { name: "Show as chart" }),
	},
	{
		name: "rotation offline",
		arrange: (core) => {
			rotating(core);
			core.sync = { ...core.sync, state: "offline" };
		},
		act: async (user) => user.click(await screen.findByRole("row", { name: /ci-deploy/ })),
		shown: () => screen.findByText(/the server counts the traffic/),
	},
	{
		name: "extend",
		arrange: rotating,
		act: press("Extend…"),
		shown: dialog("Extend the rotation of ci-deploy"),
	},
	{
		name: "finish",
		arrange: rotating,
		act: press("Finish now"),
		shown: dialog("Finish the rotation of ci-deploy"),
	},
	{
		name: "roll back",
		arrange: rotating,
		act: press("Roll back"),
		shown: dialog("Roll back the rotation of ci-deploy"),
	},
	{
		name: "selected keys",
		act: select,
		shown: () => screen.findByText("2 keys selected"),
	},
	{
		name: "many paused",
		act: async (user) => user.click((await select(user)).getByRole("button", { name: "Pause" })),
		shown: dialog("1 key is being paused"),
	},
	{
		name: "many revoked",
		act: async (user) => {
			await user.click((await select(user)).getByRole("button", { name: "Revoke…" }));
			await user.click(await screen.findByRole("button", { name: "Revoke 2 keys" }));
		},
		shown: () => screen.findByRole("textbox", { name: "Type 2 to confirm" }),
	},
	{ name: "keys", shown: () => screen.findByRole("row", { name: /ci-deploy/ }) },
	{ name: "keys empty", arrange: (core) => (core.keys = []), shown: heading("No keys yet") },
	{
		name: "keys failed",
		arrange: (core) => core.failing.set("list_keys", problem("unexpected", "No answer.")),
		shown: heading("The keys could not be read"),
	},
	{
		name: "keys slow",
		arrange: (core) => core.held.set("list_keys", new Promise(() => {})),
		shown: () => screen.findByRole("status", { name: "Reading keys" }),
	},
	{
		name: "key details",
		act: async (user) => user.click(await screen.findByRole("row", { name: /ci-deploy/ })),
		shown: () => screen.findByRole("button", { name: "Copy id" }),
	},
	{
		name: "filter menu",
		act: async (user) => user.click(await screen.findByRole("button", { name: "State filter" })),
		shown: () => screen.findByRole("menuitemcheckbox", { name: "Active" }),
	},
	{
		name: "new key",
		act: async (user) => user.click(await screen.findByRole("button", { name: "New key" })),
		shown: dialog("New key"),
	},
	{ name: "secret", act: (user) => makeKey(user, "ci"), shown: dialog("Your new secret") },
	{
		name: "revoke",
		act: async (user) => {
			await user.click(await screen.findByRole("row", { name: /ci-deploy/ }));
			await user.click(await screen.findByRole("button", { name: "Revoke key" }));
		},
		shown: dialog("Revoke ci-deploy"),
	},
	{
		name: "pending",
		arrange: (core) => {
			const [first] = core.keys;
			if (first) core.queue(first, "revoke");
		},
		act: async (user) => user.click(await screen.findByRole("button", { name: /1 change waiting/ })),
		shown: () => screen.findByRole("button", { name: "Drop: Revoke ci-deploy" }),
	},
	{
		name: "edit",
		act: async (user) => {
			await user.click(await screen.findByRole("row", { name: /ci-deploy/ }));
			await user.click(await screen.findByRole("button", { name: "Edit" }));
		},
		shown: dialog("Edit ci-deploy"),
	},
	{
		name: "edited",
		arrange: (core) => {
			const [first] = core.keys;
			if (first) core.queueEdit(first, { name: "release-deploy" });
		},
		act: async (user) => user.click(await screen.findByRole("row", { name: /release-deploy/ })),
		shown: () => screen.findByText(/^Edited here, not yet in force/),
	},
	{
		name: "pending edits of every state",
		arrange: edits,
		act: async (user) => user.click(await screen.findByRole("button", { name: /2 changes need you/ })),
		shown: () => screen.findByRole("button", { name: /^Try again/ }),
	},
	{
		name: "pending change to be dropped",
		arrange: edits,
		act: async (user) => {
			await user.click(await screen.findByRole("button", { name: /2 changes need you/ }));
			await user.click(await screen.findByRole("button", { name: /^Drop: Rename ci-deploy/ }));
		},
		shown: () => screen.findByRole("button", { name: "Drop change" }),
	},
	{
		name: "key in conflict",
		arrange: edits,
		act: async (user) => user.click(await screen.findByRole("row", { name: /ci-theirs/ })),
		shown: () => screen.findByRole("button", { name: "Decide…" }),
	},
	{ name: "conflict", arrange: edits, act: decide, shown: dialog("Decide on ci-deploy") },
	{
		name: "conflict, another wording",
		arrange: edits,
		act: async (user) => {
			await decide(user);
			await user.click(await screen.findByRole("radio", { name: "Another wording" }));
		},
		shown: () => screen.findByRole("textbox", { name: "New name" }),
	},
	{
		name: "conflict over a key that is gone",
		arrange: edits,
		act: async (user, core) => {
			await decide(user);
			await screen.findByRole("dialog", { name: "Decide on ci-deploy" });
			core.lose(core.keys.find(({ name }) => name === "ci-theirs")?.id ?? "");
		},
		shown: () => screen.findByRole("button", { name: "Drop change" }),
	},
	{
		name: "palette",
		act: async (user) => {
			await screen.findByRole("grid");
			await user.keyboard("{Control>}k{/Control}ci");
		},
		shown: () => screen.findByRole("option", { name: /ci-deploy/ }),
	},
	{
		name: "shortcuts",
		act: async (user) => {
			await screen.findByRole("grid");
			await user.keyboard("?");
		},
		shown: dialog("Keyboard shortcuts"),
	},
	{
		name: "signed out",
		arrange: (core) => (core.sync = { ...core.sync, state: "signed_out" }),
		act: async (user) => user.click(await screen.findByRole("button", { name: "Sign in again" })),
		shown: dialog("Sign in again"),
	},
	{
		name: "inspect",
		tab: "inspect",
		act: async (user) => {
			await user.click(await screen.findByRole("textbox"));
			await user.paste("kst_team_7Hq2VmX9tLc4Rz0BykW8nP5s3FdJeU1aQw9z");
		},
		shown: () => screen.findByRole("article"),
	},
	{
		name: "inspected files",
		tab: "inspect",
		arrange: (core) => {
			core.files.set("/app/.env", "KEY=kst_team_7Hq2VmX9tLc4Rz0BykW8nP5s3FdJeU1aQw9z");
			core.chosen = ["/app"];
			core.scanned = {
				skipped: [
					{ path: "/app/disk.img", reason: "too_large", sentence: "Not searched: its size." },
				],
				skipCounts: { tooLarge: 1, unreadable: 0, special: 0, links: 3 },
			};
		},
		act: async (user) => user.click(await screen.findByRole("button", { name: "Choose a folder…" })),
		shown: () => screen.findByRole("article"),
	},
	{
		name: "a search of files",
		tab: "inspect",
		arrange: (core) => {
			core.chosen = ["/app"];
			core.held.set("scan", new Promise(() => {}));
		},
		act: async (user) => user.click(await screen.findByRole("button", { name: "Choose files…" })),
		shown: () => screen.findByRole("progressbar"),
	},
	{ name: "preferences", tab: "preferences", shown: heading("Preferences") },
	{
		name: "move to a vault",
		tab: "preferences",
		act: async (user) => user.click(await screen.findByRole("button", { name: "Move to a vault…" })),
		shown: dialog("Move secrets to a vault"),
	},
	{
		name: "change the vault's passphrase",
		tab: "preferences",
		arrange: (core) => (core.keychain = { kind: "vault", unlocked: true }),
		act: async (user) => user.click(await screen.findByRole("button", { name: "Change passphrase…" })),
		shown: dialog("Change the vault's passphrase"),
	},
	{
		name: "set the lock",
		tab: "preferences",
		act: async (user) => user.click(await screen.findByRole("button", { name: "Set the lock…" })),
		shown: dialog("Lock Keystead"),
	},
	{
		name: "locked",
		arrange: (core) => (core.lock = { locked: true, ready: true, afterMinutes: 5, onSleep: true }),
		shown: heading("Keystead is locked"),
	},
	{
		name: "connections",
		tab: "connections",
		arrange: (core) => (core.connections = [northwind, here]),
		act: async (user) => user.click(await screen.findByRole("button", { name: "Remove My workspace" })),
		shown: () => screen.findByText(/will leave this computer's keychain/),
	},
	{
		name: "recovery code before",
		tab: "connections",
		arrange: (core) => (core.recoveryMadeAt = "2026-03-12T10:42:07Z"),
		act: async (user) => user.click(await screen.findByRole("button", { name: /^Recovery code of/ })),
		shown: () => screen.findByRole("button", { name: "Make a new recovery code" }),
	},
	{
		name: "recovery code",
		tab: "connections",
		act: async (user) => {
			await user.click(await screen.findByRole("button", { name: /^Recovery code of/ }));
			await user.click(await screen.findByRole("button", { name: "Make recovery code" }));
		},
		shown: dialog("Your new recovery code"),
	},
	{ name: "why", tab: "why", shown: heading("Why don't I see…?") },
	{ name: "first start", arrange: none, shown: heading("Welcome to Keystead") },
	{
		name: "add a connection beside this computer's",
		tab: "connections",
		arrange: (core) => (core.connections = [northwind, here]),
		act: async (user) => user.click(await screen.findByRole("button", { name: "Add a connection" })),
		shown: () => screen.findByRole("button", { name: "Open My workspace" }),
	},
	{
		name: "expiry refused",
		act: async (user) => {
			await user.click(await screen.findByRole("button", { name: "New key" }));
			await user.click(await screen.findByRole("radio", { name: "Date" }));
			await user.click(screen.getByRole("button", { name: "Create key" }));
		},
		shown: () => screen.findByText("Choose a day, or choose Never."),
	},
	{
		name: "start here",
		arrange: none,
		act: async (user) => user.click(await screen.findByRole("button", { name: "Continue" })),
		shown: heading("On this computer"),
	},
	{
		name: "create account",
		arrange: (core) => {
			none(core);
			core.server = { ...core.server, signUp: "first" };
		},
		act: async (user) => {
			await user.click(await screen.findByRole("radio", { name: "Connect to a server" }));
			await user.click(screen.getByRole("button", { name: "Continue" }));
			await user.click(await screen.findByRole("button", { name: "Connect" }));
		},
		shown: heading("Create your account"),
	},
	{
		name: "locked keychain",
		arrange: (core) => (core.keychain = { kind: "locked", message: "It is locked." }),
		shown: heading("Unlock your keychain and try again"),
	},
	{
		name: "no keychain",
		arrange: (core) => (core.keychain = { kind: "absent", message: "There is none." }),
		shown: heading("Choose a passphrase"),
	},
	{
		name: "vault",
		arrange: (core) => (core.keychain = { kind: "vault", unlocked: false }),
		shown: heading("Unlock your vault"),
	},
	{
		name: "damaged replica",
		arrange: (core) =>
			core.failing.set("open_connection", problem("replica_damaged", "It cannot be read.")),
		shown: heading("The data file is damaged"),
	},
	{
		name: "lost key",
		arrange: (core) => {
			core.recoveryMadeAt = "2026-03-12T10:42:07Z";
			core.failing.set("open_connection", problem("replica_key_missing", "The key is gone."));
		},
		shown: () => screen.findByRole("textbox", { name: "Recovery code" }),
	},
];

test.each(states)("axe finds nothing on: $name", async ({ tab, arrange, act, shown }) => {
	const { core, user } = await start(arrange, tab);
	await act?.(user, core);
	await shown();
	expect(await complaints()).toEqual([]);
});
