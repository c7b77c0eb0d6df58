import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";
import { start } from "./app";
import { problem } from "./core";
import { here, northwind } from "./sample";

test("o2 the badge says since when it is offline and what waits; the panel lists it", async () => {
	const { core, user } = await start();
	await screen.findByRole("button", { name: /^Synced \d\d:\d\d$/ });
	const [first] = core.keys;
	if (first) core.queue(first, "revoke");
	core.goOffline();
	await user.click(
		await screen.findByRole("button", { name: /^Offline since \d\d:\d\d · 1 change waiting$/ }),
	);
	const dialog = await screen.findByRole("dialog", { name: "Pending changes" });
	expect(await within(dialog).findByText("Revoke ci-deploy")).toBeVisible();
	expect(within(dialog).getByText(/Waiting for the server/)).toBeVisible();
});

test("o2 dropping a change asks first, and says what it means", async () => {
	const { core, user } = await start((core) => {
		const [first] = core.keys;
		if (first) core.queue(first, "create");
	});
	await user.click(await screen.findByRole("button", { name: /1 change waiting/ }));
	await user.click(await screen.findByRole("button", { name: "Drop: Create ci-deploy" }));
	expect(screen.getByText(/The server will never learn of this key/)).toBeVisible();
	expect(core.pending).toHaveLength(1);
	await user.click(screen.getByRole("button", { name: "Drop change" }));
	expect(await screen.findByText("Nothing is waiting")).toBeVisible();
	expect(core.pending).toHaveLength(0);
});

test("o2 a refused change says why, at the key and in the panel", async () => {
	const { user } = await start((core) => {
		const [first] = core.keys;
		if (first) core.queue(first, "revoke", "Only Owners and Admins may revoke keys.");
	});
	const row = await screen.findByRole("row", { name: /ci-deploy/ });
	expect(within(row).getByText("refused")).toBeVisible();
	await user.click(await screen.findByRole("button", { name: /^Synced \d\d:\d\d · 1 change needs you$/ }));
	const dialog = await screen.findByRole("dialog", { name: "Pending changes" });
	expect(await within(dialog).findByText("Only Owners and Admins may revoke keys.")).toBeVisible();
});

test("o3 a first download shows how far it is", async () => {
	await start((core) => {
		core.keys = [];
		core.sync = { ...core.sync, state: "syncing", progress: { done: 12_400, total: 100_000 } };
	});
	expect(await screen.findByRole("button", { name: "Syncing 12,400 of 100,000" })).toBeVisible();
	expect(await screen.findByText("Downloading keys")).toBeVisible();
	expect(screen.queryByText("No keys yet")).toBeNull();
});

test("signed out, the keys stay and the password brings the session back", async () => {
	const { user } = await start((core) => (core.sync = { ...core.sync, state: "signed_out" }));
	expect(await screen.findByRole("row", { name: /ci-deploy/ })).toBeVisible();
	await user.click(await screen.findByRole("button", { name: "Sign in again" }));
	await user.type(await screen.findByLabelText("Password"), "correct horse{Enter}");
	expect(await screen.findByRole("button", { name: /^Synced/ })).toBeVisible();
	expect(screen.queryByRole("button", { name: "Sign in again" })).toBeNull();
});

test("signing in again with a wrong password leads back to it", async () => {
	const { user } = await start((core) => {
		core.sync = { ...core.sync, state: "signed_out" };
		core.failing.set("sign_in_again", problem("wrong_credentials", "Email or password is wrong."));
	});
	await user.click(await screen.findByRole("button", { name: "Sign in again" }));
	const password = await screen.findByLabelText("Password");
	await user.type(password, "not this one");
	await user.click(screen.getByRole("button", { name: "Sign in" }));
	await waitFor(() => expect(password).toHaveAccessibleDescription("Email or password is wrong."));
	expect(password).toHaveFocus();
});

test("o3 a server that has gone back is said, and its copy can be set aside", async () => {
	const message = "This server has gone back: it was restored from an older backup.";
	const { user } = await start(
		(core) =>
			(core.sync = {
				...core.sync,
				state: "failed",
				problem: { code: "server_gone_back", message, field: null, details: null },
			}),
	);
	expect(await screen.findByText(message)).toBeVisible();
	await user.click(screen.getByRole("button", { name: "Set this copy aside and download again" }));
	expect(await screen.findByText(/The old file was moved to replica\.db\.aside-1/)).toBeVisible();
});

test("the palette finds keys, screens and acts by keyboard alone", async () => {
	const { user } = await start();
	await screen.findByRole("grid");
	await user.keyboard("{Control>}k{/Control}");
	const field = await screen.findByRole("combobox", { name: "Find a key, a screen or an act" });
	await waitFor(() => expect(field).toHaveFocus());
	await user.keyboard("billing");
	expect(await screen.findByRole("option", { name: /billing-export/ })).toHaveAttribute(
		"aria-selected",
		"true",
	);
	await user.keyboard("{Enter}");
	expect(await screen.findByRole("heading", { name: /billing-export/ })).toBeVisible();

	await user.keyboard("{Control>}k{/Control}");
	await screen.findByRole("combobox");
	await user.keyboard("insp{Enter}");
	expect(await screen.findByRole("heading", { level: 1, name: "Inspect" })).toBeVisible();

	await user.keyboard("{Control>}k{/Control}");
	await screen.findByRole("combobox");
	await user.keyboard("new key{Enter}");
	expect(await screen.findByRole("dialog", { name: "New key" })).toBeVisible();
});

test.each([
	["offline", "Not synced. You are offline."],
	["signed_out", "Not synced. You are signed out."],
	["synced", "Synced."],
] as const)("o2 %s, Sync now says how it ended", async (state, words) => {
	const { user } = await start((core) => (core.sync = { ...core.sync, state }));
	await screen.findByRole("grid");
	await user.keyboard("{Control>}k{/Control}");
	await screen.findByRole("combobox");
	await user.keyboard("sync now{Enter}");
	expect(await within(screen.getByRole("status", { name: "Notices" })).findByText(words)).toBeVisible();
});

test("the palette puts keys that begin with the words first, and what fits loosely last", async () => {
	const { user } = await start((core) => {
		const [first, second, ...rest] = core.keys;
		if (first && second)
			core.keys = [{ ...first, name: "a-prefixed" }, { ...second, name: "prefix" }, ...rest];
	});
	await screen.findByRole("grid");
	await user.keyboard("{Control>}k{/Control}");
	await screen.findByRole("combobox");
	await user.keyboard("pref");
	await screen.findByRole("option", { name: /^prefix/ });
	expect(screen.getAllByRole("option").map(({ textContent }) => textContent.split("…")[0]?.trim())).toEqual(
		["Preferences", "prefix", "a-prefixed"],
	);
	await user.clear(screen.getByRole("combobox"));
	await user.keyboard("prfx");
	expect(await screen.findByText("Nothing is called “prfx”.")).toBeVisible();
	await user.clear(screen.getByRole("combobox"));
	await user.keyboard("prfr");
	const similar = await screen.findByRole("group", { name: "Similar" });
	expect(within(similar).getByRole("option", { name: "Preferences" })).toBeVisible();
});

test("the palette says when nothing is found", async () => {
	const { user } = await start();
	await screen.findByRole("grid");
	await user.keyboard("{Control>}k{/Control}");
	await screen.findByRole("combobox");
	await user.keyboard("xyzzy");
	expect(await screen.findByText("Nothing is called “xyzzy”.")).toBeVisible();
});

test("a question mark lists the shortcuts, but not while typing", async () => {
	const { user } = await start();
	await screen.findByRole("grid");
	await user.type(screen.getByRole("searchbox"), "?");
	expect(screen.queryByRole("dialog")).toBeNull();
	await user.clear(screen.getByRole("searchbox"));
	(await screen.findByRole("grid")).focus();
	await user.keyboard("?");
	expect(await screen.findByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
});

test("o3 another role is taken over in the workspace that is open", async () => {
	const { core, user } = await start();
	await user.click(await screen.findByRole("row", { name: /ci-deploy/ }));
	expect(screen.getByRole("button", { name: "New key" })).toBeEnabled();
	core.connections = core.connections.map((connection) => ({ ...connection, role: "viewer" }));
	core.announce(["connections", "keys"]);
	await waitFor(() =>
		expect(screen.getByRole("button", { name: "New key" })).toHaveAttribute("aria-disabled", "true"),
	);
	expect(screen.getByRole("button", { name: "Copy id" })).toBeVisible();
});

test("o6 another connection is one click away", async () => {
	const { user } = await start((core) => (core.connections = [northwind, here]));
	await user.click(await screen.findByRole("button", { name: /^Switch connection: Northwind Routing/ }));
	await user.click(await screen.findByRole("menuitemradio", { name: /My workspace/ }));
	expect(await screen.findByRole("button", { name: /^Switch connection: My workspace/ })).toBeVisible();
});

test("o6 a workspace of this computer is shown with its person's name and no address", async () => {
	const { user } = await start((core) => (core.connections = [northwind, here]), "connections");
	await screen.findByText(/^this computer · Mara Lindqvist · Owner$/);
	await user.click(screen.getByRole("button", { name: "Remove My workspace" }));
	expect(await screen.findByText("this computer · Mara Lindqvist")).toBeVisible();
	await user.keyboard("{Escape}");
	await user.click(await screen.findByRole("button", { name: /^Switch connection/ }));
	expect(
		await screen.findByRole("menuitemradio", { name: /this computer · Mara Lindqvist$/ }),
	).toBeVisible();
	expect(document.body.textContent).not.toContain(".invalid");
});

test("o6 a second workspace on this computer is not begun; the first is offered", async () => {
	const { core, user } = await start((core) => (core.connections = [northwind, here]));
	await user.click(await screen.findByRole("button", { name: /^Switch connection/ }));
	await user.click(await screen.findByRole("menuitem", { name: "Add a connection" }));
	const choice = await screen.findByRole("radio", { name: "On this computer" });
	expect(choice).toBeDisabled();
	expect(choice).toHaveAccessibleDescription(
		"My workspace is on this computer already. There can be only one.",
	);
	expect(screen.getByRole("radio", { name: "Connect to a server" })).toBeChecked();
	await user.click(screen.getByRole("button", { name: "Open My workspace" }));
	expect(await screen.findByRole("button", { name: /^Switch connection: My workspace/ })).toBeVisible();
	expect(core.asked.map(({ command }) => command)).not.toContain("start_here");
});

test("o6 adding a connection can be cancelled", async () => {
	const { user } = await start();
	await user.click(await screen.findByRole("button", { name: /^Switch connection/ }));
	await user.click(await screen.findByRole("menuitem", { name: "Add a connection" }));
	expect(await screen.findByRole("heading", { name: "Add a connection" })).toBeVisible();
	await user.click(screen.getByRole("button", { name: "Cancel" }));
	expect(await screen.findByRole("heading", { level: 1, name: "Keys" })).toBeVisible();
});

test("a system without a language is taken for English", async () => {
	vi.spyOn(navigator, "language", "get").mockReturnValue("C");
	await import("../locale");
	expect(navigator.language).toBe("en-US");
	Reflect.deleteProperty(navigator, "language");
});
