import { screen, waitFor, within } from "@testing-library/svelte";
import type { UserEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";
import { start } from "./app";
import { problem, type FakeCore } from "./core";
import { northwind } from "./sample";

const panel = () => screen.findByRole("region", { name: "Key details" });
const notices = () => screen.getByRole("status", { name: "Notices" });
const asked = (core: FakeCore, command: string) => core.asked.filter((one) => one.command === command);

function key(core: FakeCore, name = "ci-deploy") {
	const found = core.keys.find((row) => row.name === name);
	if (found === undefined) throw new Error(`no key ${name}`);
	return found;
}

async function openKey(user: UserEvent, name = "ci-deploy") {
	await user.click(await screen.findByRole("row", { name: new RegExp(name) }));
	await within(await panel()).findByRole("button", { name: "Edit" });
}

async function editKey(user: UserEvent, name = "ci-deploy") {
	await openKey(user, name);
	await user.click(screen.getByRole("button", { name: "Edit" }));
	return screen.findByRole("dialog", { name: `Edit ${name}` });
}

async function rename(user: UserEvent, to: string) {
	const name = await screen.findByRole("textbox", { name: "Name" });
	await user.clear(name);
	await user.type(name, to);
	await user.click(screen.getByRole("button", { name: "Save changes" }));
}

/** Both renamed ci-deploy; only its author changed the description. */
function inConflict(core: FakeCore) {
	const row = key(core);
	core.queueEdit(row, { name: "ci-mine", description: "deploys to production" });
	core.editElsewhere(row.id, { name: "ci-theirs" });
	core.confirm();
	return row;
}

async function openConflict(user: UserEvent) {
	await user.click(await screen.findByRole("row", { name: /ci-theirs/ }));
	await user.click(await screen.findByRole("button", { name: "Decide…" }));
	return screen.findByRole("dialog", { name: "Decide on ci-deploy" });
}

test("k4 a key's name and description are edited, and in force when the server has answered", async () => {
	const { core, user } = await start();
	const dialog = await editKey(user);
	const name = within(dialog).getByRole("textbox", { name: "Name" });
	await waitFor(() => expect(name).toHaveFocus());
	expect(name).toHaveValue("ci-deploy");
	const description = within(dialog).getByRole("textbox", { name: "Description" });
	expect(description).toHaveValue("deploys from the main branch");
	await user.clear(description);
	await user.type(description, "deploys releases");
	await rename(user, "release-deploy");
	expect(await within(notices()).findByText("release-deploy is changed.")).toBeVisible();
	expect(screen.queryByRole("dialog")).toBeNull();
	expect(asked(core, "edit_key")[0]?.given).toMatchObject({
		draft: {
			seen: { name: "ci-deploy", description: "deploys from the main branch" },
			made: { name: "release-deploy", description: "deploys releases" },
		},
	});
	expect(await within(await panel()).findByText("Team key · deploys releases")).toBeVisible();
	expect(within(await panel()).getByRole("heading", { name: /^release-deploy Active$/ })).toBeVisible();
});

test("k4 the focus goes back to Edit, and nothing is sent where nothing was changed", async () => {
	const { core, user } = await start();
	await editKey(user);
	await user.click(screen.getByRole("button", { name: "Save changes" }));
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
	expect(asked(core, "edit_key")).toEqual([]);
	await waitFor(() => expect(screen.getByRole("button", { name: "Edit" })).toHaveFocus());
});

test("k4 a name that is refused is said at the name, and leads back to it", async () => {
	const { user } = await start();
	await editKey(user);
	const name = screen.getByRole("textbox", { name: "Name" });
	await user.clear(name);
	await user.type(screen.getByRole("textbox", { name: "Description" }), "x");
	await user.click(screen.getByRole("button", { name: "Save changes" }));
	await waitFor(() => expect(name).toHaveAccessibleDescription(/^The key's name is empty/));
	expect(name).toHaveFocus();
});

test("k4 E edits the open key, but not while typing nor without one", async () => {
	const { user } = await start();
	(await screen.findByRole("grid")).focus();
	await user.keyboard("e");
	expect(screen.queryByRole("dialog")).toBeNull();
	await openKey(user);
	await user.type(screen.getByRole("searchbox"), "e");
	expect(screen.queryByRole("dialog")).toBeNull();
	await user.clear(screen.getByRole("searchbox"));
	(await screen.findByRole("grid")).focus();
	await user.keyboard("e");
	expect(await screen.findByRole("dialog", { name: "Edit ci-deploy" })).toBeVisible();
	await user.keyboard("{Escape}");
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
	expect(await panel()).toBeVisible();
	(await screen.findByRole("grid")).focus();
	await user.keyboard("?");
	const shortcuts = await screen.findByRole("dialog", { name: "Keyboard shortcuts" });
	expect(within(shortcuts).getByText("Edit the open key").nextElementSibling).toHaveTextContent("E");
});

test("k4 the palette edits the open key, and its name alone leads to the key", async () => {
	const { user } = await start();
	await openKey(user);
	await user.keyboard("{Control>}k{/Control}");
	await screen.findByRole("option", { name: /^Edit the open key/ });
	await user.keyboard("ci-dep");
	await waitFor(() => expect(screen.queryByRole("option", { name: /^Edit/ })).toBeNull());
	await user.keyboard("{Control>}a{/Control}edit{Enter}");
	expect(await screen.findByRole("dialog", { name: "Edit ci-deploy" })).toBeVisible();
});

test("k4 who may not edit is told who may, and E says it too", async () => {
	const { core, user } = await start((core) => (core.connections = [{ ...northwind, role: "viewer" }]));
	await openKey(user);
	const edit = screen.getByRole("button", { name: "Edit" });
	expect(edit).toHaveAttribute("aria-disabled", "true");
	expect(edit).toHaveAccessibleDescription("Owners and Admins may edit keys. Ask one of them.");
	await user.keyboard("e");
	expect(
		await within(notices()).findByText("Owners and Admins may edit keys. Ask one of them."),
	).toBeVisible();
	await user.keyboard("{Control>}k{/Control}");
	await screen.findByRole("combobox");
	await user.keyboard("ci-dep");
	await screen.findByRole("option", { name: /^ci-deploy/ });
	expect(screen.queryByRole("option", { name: /^Edit the open key/ })).toBeNull();
	expect(asked(core, "edit_key")).toEqual([]);
});

test("k4 a revoked key says that it stays as it was", async () => {
	const { user } = await start();
	await openKey(user, "legacy-import");
	expect(screen.getByRole("button", { name: "Edit" })).toHaveAccessibleDescription(
		"This key is revoked; it stays as it was.",
	);
});

test("k4 offline an edit is shown as wanted and not yet in force, and is when the server says so", async () => {
	const { core, user } = await start();
	await screen.findByRole("row", { name: /ci-deploy/ });
	core.goOffline();
	const dialog = await editKey(user);
	expect(within(dialog).getByText("You are offline: in force once the server confirms it.")).toBeVisible();
	await rename(user, "release-deploy");
	const said = "release-deploy is changed here, not yet in force: the server has not confirmed it.";
	expect(await within(notices()).findByText(said)).toBeVisible();
	const details = await panel();
	expect(await within(details).findByRole("heading", { name: /^release-deploy/ })).toBeVisible();
	expect(
		within(details).getByText(/^Edited here, not yet in force: others see it as it was/),
	).toBeVisible();
	const row = screen.getByRole("row", { name: /release-deploy/ });
	expect(within(row).getByText("Active")).toBeVisible();
	expect(within(row).getByText("edit not yet in force")).toBeVisible();
	core.confirm();
	await waitFor(() => expect(within(details).queryByText(/not yet in force/)).toBeNull());
	expect(within(details).getByRole("heading", { name: /^release-deploy Active$/ })).toBeVisible();
});

test("k4 an edit that the server refuses stays in its fields, and is mended there", async () => {
	const { core, user } = await start();
	core.refuses = "Another key has this name.";
	const dialog = await editKey(user);
	await rename(user, "billing-export");
	expect(
		await within(dialog).findByText(/^Another key has this name\. What you wrote is kept/),
	).toBeVisible();
	expect(within(dialog).getByRole("textbox", { name: "Name" })).toHaveValue("billing-export");
	core.refuses = null;
	await rename(user, "billing-ci");
	expect(await within(notices()).findByText("billing-ci is changed.")).toBeVisible();
	expect(core.pending).toEqual([]);
	expect(asked(core, "edit_key")[1]?.given).toMatchObject({
		draft: { seen: { name: "ci-deploy" }, made: { name: "billing-ci" } },
	});
});

test("k4 a key that is not made yet is made with what is written now", async () => {
	const { core, user } = await start((core) => {
		core.sync = { ...core.sync, state: "offline" };
		core.queue(key(core), "create");
	});
	await editKey(user);
	await rename(user, "ci-new");
	expect(await within(await panel()).findByText(/^Made here, not yet in force/)).toBeVisible();
	expect(core.pending.map(({ operation, keyName }) => [operation, keyName])).toEqual([
		["create", "ci-new"],
	]);
});

test("k4 what was changed meanwhile on the other side merges by itself", async () => {
	const { core, user } = await start();
	const { id } = key(core);
	await editKey(user);
	core.editElsewhere(id, { description: "theirs" });
	await rename(user, "release-deploy");
	expect(await within(notices()).findByText("release-deploy is changed.")).toBeVisible();
	expect(key(core, "release-deploy").description).toBe("theirs");
});

test("o4 when somebody else changed the same meanwhile, saving leads to the decision", async () => {
	const { core, user } = await start();
	const { id } = key(core);
	await editKey(user);
	core.editElsewhere(id, { name: "ci-theirs" });
	await rename(user, "ci-mine");
	expect(await screen.findByRole("dialog", { name: "Decide on ci-deploy" })).toBeVisible();
	expect(screen.queryByRole("dialog", { name: /^Edit/ })).toBeNull();
	expect(key(core, "ci-theirs").id).toBe(id);
});

test("o4 mine, theirs and before stand side by side; nothing is chosen, and what merged is told", async () => {
	const { core, user } = await start((core) => void inConflict(core));
	const row = await screen.findByRole("row", { name: /ci-theirs/ });
	expect(within(row).getByText("needs your decision")).toBeVisible();
	const dialog = await openConflict(user);
	const name = within(dialog).getByRole("group", { name: "Name" });
	expect(within(name).getByText("Before").nextElementSibling).toHaveTextContent("ci-deploy");
	expect(within(name).getByRole("radio", { name: "Mine" })).toHaveAccessibleDescription("ci-mine");
	expect(within(name).getByRole("radio", { name: "Theirs" })).toHaveAccessibleDescription("ci-theirs");
	for (const radio of within(name).getAllByRole("radio")) expect(radio).not.toBeChecked();
	expect(within(dialog).queryByRole("group", { name: "Description" })).toBeNull();
	const merged = within(dialog).getByRole("region", { name: "Merged already" });
	expect(merged).toHaveTextContent("Description: only you changed this deploys to production");
	const decide = within(dialog).getByRole("button", { name: "Decide" });
	expect(decide).toHaveAccessibleDescription("Choose for every field first.");
	await user.click(decide);
	expect(asked(core, "decide_edit")).toEqual([]);
});

test("o4 deciding for mine is in force when the server has answered", async () => {
	const { core, user } = await start((core) => void inConflict(core));
	await openConflict(user);
	await user.click(screen.getByRole("radio", { name: "Mine" }));
	await user.click(screen.getByRole("button", { name: "Decide" }));
	expect(await within(notices()).findByText("ci-mine is changed.")).toBeVisible();
	expect(screen.queryByRole("dialog")).toBeNull();
	expect(asked(core, "decide_edit")[0]?.given).toMatchObject({
		draft: {
			seen: { name: "ci-theirs", description: "deploys from the main branch" },
			made: { name: "ci-mine", description: "deploys to production" },
		},
	});
	expect(key(core, "ci-mine").description).toBe("deploys to production");
});

test("o4 deciding for theirs, where nothing else was changed, leaves the key as it is", async () => {
	const { core, user } = await start((core) => {
		const row = key(core);
		core.queueEdit(row, { name: "ci-mine" });
		core.editElsewhere(row.id, { name: "ci-theirs" });
		core.confirm();
	});
	await openConflict(user);
	await user.click(screen.getByRole("radio", { name: "Theirs" }));
	await user.click(screen.getByRole("button", { name: "Decide" }));
	expect(await within(notices()).findByText("ci-theirs stays as they changed it.")).toBeVisible();
	expect(core.pending).toEqual([]);
});

test("o4 a third wording is written and decided by keyboard alone", async () => {
	const { core, user } = await start((core) => void inConflict(core));
	await openConflict(user);
	await waitFor(() => expect(screen.getByRole("radio", { name: "Mine" })).toHaveFocus());
	await user.keyboard("{ArrowDown}{ArrowDown}");
	expect(screen.getByRole("radio", { name: "Another wording" })).toBeChecked();
	await user.keyboard("{Tab}");
	const wording = screen.getByRole("textbox", { name: "New name" });
	expect(wording).toHaveFocus();
	expect(wording).toHaveValue("ci-mine");
	await user.clear(wording);
	await user.keyboard("{Enter}");
	await waitFor(() => expect(wording).toHaveAccessibleDescription(/^The key's name is empty/));
	await user.keyboard("ci-both{Enter}");
	expect(await within(notices()).findByText("ci-both is changed.")).toBeVisible();
	expect(key(core, "ci-both").description).toBe("deploys to production");
});

test("o4 theirs changing while it is open is shown, and takes the choice back", async () => {
	const { core, user } = await start((core) => void inConflict(core));
	const dialog = await openConflict(user);
	await user.click(screen.getByRole("radio", { name: "Theirs" }));
	core.editElsewhere(key(core, "ci-theirs").id, { name: "ci-again" });
	const news = await within(dialog).findByRole("alert");
	expect(news).toHaveTextContent("Theirs changed while this was open. Choose again.");
	const theirs = screen.getByRole("radio", { name: "Theirs" });
	expect(theirs).toHaveAccessibleDescription("ci-again");
	expect(theirs).not.toBeChecked();
	expect(screen.getByRole("button", { name: "Decide" })).toHaveAttribute("aria-disabled", "true");
	await user.click(theirs);
	expect(within(dialog).queryByRole("alert")).toBeNull();
	await user.click(screen.getByRole("button", { name: "Decide" }));
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
	expect(asked(core, "decide_edit")[0]?.given).toMatchObject({ draft: { seen: { name: "ci-again" } } });
});

test("o4 what changes again under way is asked for again", async () => {
	const { core, user } = await start((core) => void inConflict(core));
	await openConflict(user);
	await user.click(screen.getByRole("radio", { name: "Mine" }));
	core.keys = core.keys.map((row) => (row.name === "ci-theirs" ? { ...row, name: "ci-again" } : row));
	await user.click(screen.getByRole("button", { name: "Decide" }));
	expect(await screen.findByText("Theirs changed while this was open.")).toBeVisible();
	expect(screen.getByRole("radio", { name: "Mine" })).not.toBeChecked();
	expect(screen.getByRole("radio", { name: "Theirs" })).toHaveAccessibleDescription("ci-again");
});

test("o4 keeping it for later keeps everything as it is", async () => {
	const { core, user } = await start((core) => void inConflict(core));
	await openConflict(user);
	await user.click(screen.getByRole("radio", { name: "Mine" }));
	await user.click(screen.getByRole("button", { name: "Keep for later" }));
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
	expect(core.pending.map(({ state }) => state)).toEqual(["conflict"]);
	await waitFor(() => expect(screen.getByRole("button", { name: "Decide…" })).toHaveFocus());
	expect(screen.getByRole("button", { name: "Edit" })).toHaveAccessibleDescription(
		"Somebody else changed this key too. Decide first.",
	);
	await user.keyboard("e");
	expect(await screen.findByRole("dialog", { name: "Decide on ci-deploy" })).toBeVisible();
});

test("o4 of a key that is gone, what was written is shown and can be dropped", async () => {
	const { core, user } = await start((core) => void inConflict(core));
	const dialog = await openConflict(user);
	core.lose(key(core, "ci-theirs").id);
	expect(
		await within(dialog).findByText(/^This key is gone, or your role no longer shows it/),
	).toBeVisible();
	expect(within(dialog).getByText("ci-mine")).toBeVisible();
	expect(within(dialog).getByText("deploys to production")).toBeVisible();
	expect(within(dialog).queryByRole("button", { name: "Decide" })).toBeNull();
	await user.click(within(dialog).getByRole("button", { name: "Drop change" }));
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
	expect(core.pending).toEqual([]);
});

test("o4 a conflict that was decided elsewhere says so", async () => {
	const { core, user } = await start((core) => void inConflict(core));
	const dialog = await openConflict(user);
	const [change] = core.pending;
	await core.answer("drop_pending", { operationId: change?.operationId });
	expect(await screen.findByText("This edit was decided or dropped meanwhile.")).toBeVisible();
	await user.click(within(dialog).getByRole("button", { name: "Close" }));
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});

test("o4 a decision that the server refuses is kept as an edit to mend", async () => {
	const { core, user } = await start((core) => void inConflict(core));
	await openConflict(user);
	core.refuses = "Another key has this name.";
	await user.click(screen.getByRole("radio", { name: "Mine" }));
	await user.click(screen.getByRole("button", { name: "Decide" }));
	expect(
		await within(notices()).findByText("Another key has this name. What you chose is kept."),
	).toBeVisible();
	expect(
		await within(await panel()).findByText(/What you wrote is kept; edit the key to mend it/),
	).toBeVisible();
	await user.click(screen.getByRole("button", { name: "Edit" }));
	expect(await screen.findByRole("textbox", { name: "Name" })).toHaveValue("ci-mine");
});

test("o2 the pending changes say what an edit changes, and lead to editing it", async () => {
	const { core, user } = await start((core) => {
		core.sync = { ...core.sync, state: "offline" };
		core.queueEdit(key(core), { name: "release-deploy", description: "deploys releases" });
		core.queueEdit(key(core, "vendor-acme"), { description: "for Acme" });
	});
	await user.click(await screen.findByRole("button", { name: /2 changes waiting/ }));
	const list = await screen.findByRole("list", { name: "Pending changes" });
	const [first, second] = within(list).getAllByRole("listitem");
	expect(first).toHaveTextContent(/^Rename ci-deploy to release-deploy/);
	expect(first).toHaveTextContent(
		"Description changed from deploys from the main branch to deploys releases",
	);
	expect(second).toHaveTextContent(/^Edit vendor-acme.*Description changed from nothing to for Acme/);
	await user.click(screen.getByRole("button", { name: "Edit: Rename ci-deploy to release-deploy" }));
	await screen.findByRole("dialog", { name: "Edit release-deploy" });
	await rename(user, "ci-deploy");
	await waitFor(() => expect(screen.queryByRole("dialog", { name: /^Edit/ })).toBeNull());
	expect(await screen.findByText("Edit ci-deploy")).toBeVisible();
	expect(core.pending.map(({ edit }) => edit?.mine.name)).toEqual(["ci-deploy", "vendor-acme"]);
	await waitFor(() =>
		expect(screen.getByRole("dialog", { name: "Pending changes" })).toContainElement(
			document.activeElement as HTMLElement,
		),
	);
});

test("o2 what was sent cannot be dropped, and says why", async () => {
	await start((core) => {
		core.sync = { ...core.sync, state: "offline" };
		core.queueEdit(key(core), { name: "release-deploy" });
		core.mark(key(core), "sent");
	}).then(async ({ user }) => user.click(await screen.findByRole("button", { name: /1 change waiting/ })));
	expect(await screen.findByText(/^It was sent and may be in force already/)).toBeVisible();
	expect(screen.queryByRole("button", { name: /^(Drop|Edit|Try again)/ })).toBeNull();
});

test("o2 what was refused is tried again as it is, edited or dropped", async () => {
	const { core, user } = await start((core) => {
		core.queueEdit(key(core), { name: "release" });
		core.mark(key(core), "refused", "Another key has this name.");
	});
	await user.click(await screen.findByRole("button", { name: /· 1 change needs you$/ }));
	const dialog = await screen.findByRole("dialog", { name: "Pending changes" });
	expect(await within(dialog).findByText("Another key has this name.")).toBeVisible();
	const what = "Rename ci-deploy to release";
	await user.click(within(dialog).getByRole("button", { name: `Edit: ${what}` }));
	expect(await screen.findByRole("textbox", { name: "Name" })).toHaveValue("release");
	await user.click(screen.getByRole("button", { name: "Cancel" }));
	await user.click(await within(dialog).findByRole("button", { name: `Drop: ${what}` }));
	expect(within(dialog).getByText(/what you wrote is lost\. This cannot be undone\.$/)).toBeVisible();
	expect(within(dialog).getByRole("button", { name: "Keep" })).toHaveFocus();
	await user.keyboard("{Enter}");
	await waitFor(() => expect(within(dialog).getByRole("button", { name: `Drop: ${what}` })).toHaveFocus());
	await user.click(within(dialog).getByRole("button", { name: `Try again: ${what}` }));
	expect(await within(dialog).findByText("Nothing is waiting")).toBeVisible();
	expect(key(core, "release").lastFour).toBe("Qw9z");
});

test("o2 trying again that fails is said where it was tried", async () => {
	const { core, user } = await start((core) => {
		core.queueEdit(key(core), { name: "billing-export" });
		core.mark(key(core), "refused", "Another key has this name.");
	});
	core.failing.set("retry_pending", problem("not_found", "This change is not there any more."));
	await user.click(await screen.findByRole("button", { name: /1 change needs you/ }));
	await user.click(await screen.findByRole("button", { name: /^Try again/ }));
	expect(await screen.findByText("This change is not there any more.")).toBeVisible();
});

test("o4 the pending changes lead to the decision, and the foot counts it apart from what waits", async () => {
	const { user } = await start((core) => {
		inConflict(core);
		core.sync = { ...core.sync, state: "offline" };
		core.queueEdit(key(core, "vendor-acme"), { description: "for Acme" });
	});
	await user.click(await screen.findByRole("button", { name: /· 1 change waiting · 1 change needs you$/ }));
	await user.click(await screen.findByRole("button", { name: "Decide: Rename ci-deploy to ci-mine" }));
	expect(await screen.findByRole("dialog", { name: "Decide on ci-deploy" })).toBeVisible();
	await user.keyboard("{Escape}");
	await waitFor(() => expect(screen.queryByRole("dialog", { name: /^Decide/ })).toBeNull());
	expect(screen.getByRole("dialog", { name: "Pending changes" })).toBeVisible();
});

test("o4 a conflict holds no revocation up, and is not taken for its answer", async () => {
	const { user } = await start((core) => void inConflict(core));
	await openKey(user, "ci-theirs");
	await user.click(screen.getByRole("button", { name: "Revoke key" }));
	const dialog = await screen.findByRole("dialog", { name: "Revoke ci-theirs" });
	await user.type(within(dialog).getByRole("textbox"), "ci-theirs{Enter}");
	expect(await within(notices()).findByText("ci-theirs is revoked.")).toBeVisible();
	expect(await within(await panel()).findByRole("button", { name: "Decide…" })).toBeVisible();
});

test("o2 a key that the server refused to make is edited and made", async () => {
	const { core, user } = await start((core) => {
		core.queue(key(core), "create", "Another key has this name.");
	});
	await user.click(await screen.findByRole("button", { name: /1 change needs you/ }));
	await user.click(await screen.findByRole("button", { name: "Edit: Create ci-deploy" }));
	await rename(user, "ci-new");
	expect(await within(notices()).findByText("ci-new is changed.")).toBeVisible();
	expect(await screen.findByText("Nothing is waiting")).toBeVisible();
	expect(key(core, "ci-new").pending).toBeNull();
});
