import { screen, waitFor, within } from "@testing-library/svelte";
import type { UserEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";
import { complaints, start } from "./app";
import { problem, type FakeCore } from "./core";

const groups = (arrange?: (core: FakeCore) => void) => start(arrange, "groups");
const dialog = (name: string | RegExp) => screen.findByRole("dialog", { name });

async function press(user: UserEvent, name: string | RegExp) {
	await user.click(await screen.findByRole("button", { name }));
}

function given(core: FakeCore, command: string) {
	return core.asked.findLast((one) => one.command === command)?.given;
}

test("p11 a group of members and service accounts is made and changed", async () => {
	const { core, user } = await groups();
	expect(await screen.findByRole("rowheader", { name: /^Deployers/ })).toBeVisible();
	expect(screen.getByText("Mara Lindqvist, nightly-export")).toBeVisible();
	await press(user, "New group…");
	const shown = await dialog("New group");
	await user.type(within(shown).getByRole("textbox", { name: "Name" }), "Freight");
	await user.click(within(shown).getByRole("checkbox", { name: /Chen Wei/ }));
	await user.click(within(shown).getByRole("checkbox", { name: /nightly-export/ }));
	expect(await complaints()).toEqual([]);
	await user.click(within(shown).getByRole("button", { name: "Make group" }));
	expect(await screen.findByRole("rowheader", { name: /^Freight/ })).toBeVisible();
	expect(given(core, "save_group")).toEqual({
		draft: {
			id: null,
			version: 0,
			name: "Freight",
			description: "",
			members: ["mem_chen"],
			serviceAccounts: ["sva_night"],
		},
	});
	await press(user, "Edit the group Freight");
	const edit = await dialog("Edit Freight");
	await user.click(within(edit).getByRole("checkbox", { name: /Chen Wei/ }));
	core.failing.set(
		"save_group",
		problem("invalid_input", "There is a group named Freight already.", "name"),
	);
	await user.click(within(edit).getByRole("button", { name: "Save" }));
	expect(await within(edit).findByText("There is a group named Freight already.")).toBeVisible();
	core.failing.clear();
	await user.click(within(edit).getByRole("button", { name: "Save" }));
	await waitFor(() => expect(core.groups.groups.at(-1)?.who).toEqual(["sva_night"]));
});

test("p11 a group that the token policy names can't be removed, another can", async () => {
	const { user } = await groups((core) => (core.groups.policy = { who: "groups", groups: ["grp_deploy"] }));
	const held = await screen.findByRole("button", { name: "Remove the group Deployers" });
	expect(held).toHaveAccessibleDescription(
		"The token policy names this group; take it out of the policy first.",
	);
	await press(user, "Remove the group On call");
	await user.click(
		within(await dialog("Remove the group On call")).getByRole("button", { name: "Remove" }),
	);
	await waitFor(() => expect(screen.queryByRole("rowheader", { name: /On call/ })).toBeNull());
});

test("p11 a service account is made, disabled and enabled", async () => {
	const { core, user } = await groups();
	await press(user, "New service account…");
	const shown = await dialog("New service account");
	await user.type(within(shown).getByRole("textbox", { name: "Name" }), "reader");
	await user.click(within(shown).getByRole("radio", { name: "Viewer" }));
	await user.click(within(shown).getByRole("button", { name: "Make service account" }));
	expect(await screen.findByRole("rowheader", { name: /reader/ })).toBeVisible();
	expect(given(core, "save_service_account")).toMatchObject({ draft: { name: "reader", role: "viewer" } });
	await press(user, "Disable nightly-export");
	expect(await screen.findByText("Disabled")).toBeVisible();
	expect(await complaints()).toEqual([]);
	await press(user, "Enable nightly-export");
	await waitFor(() => expect(screen.queryByText("Disabled")).toBeNull());
});

test("p11 removing a service account lists the tokens it revokes, with their last use", async () => {
	const { user } = await groups((core) =>
		core.groups.give("svc: nightly-runner", { kind: "service_account", id: "sva_night" }),
	);
	await press(user, "Remove nightly-export");
	const shown = await dialog("Remove nightly-export");
	expect(await within(shown).findByRole("rowheader", { name: "svc: nightly-runner" })).toBeVisible();
	expect(within(shown).getByText(/disable it instead/)).toBeVisible();
	expect(await complaints()).toEqual([]);
	await user.click(within(shown).getByRole("button", { name: "Remove and revoke" }));
	await waitFor(() => expect(screen.queryByRole("rowheader", { name: /nightly-export/ })).toBeNull());
});

test("p11 who may not change groups sees them, and offline nobody changes them", async () => {
	const { core } = await groups((core) => (core.people.role = "editor"));
	expect(await screen.findByRole("rowheader", { name: /^Deployers/ })).toBeVisible();
	expect(screen.getByRole("button", { name: "New group…" })).toHaveAccessibleDescription(
		/Owner and Admin may/,
	);
	core.people.role = "owner";
	core.announce(["organization"]);
	core.goOffline();
	await waitFor(() =>
		expect(screen.getByRole("button", { name: "New group…" })).toHaveAccessibleDescription(
			"You are offline. Groups and service accounts are changed at the server.",
		),
	);
});

test("p11 people are invited into groups", async () => {
	const { core, user } = await start((core) => {
		core.people.groups = [{ id: "grp_deploy", name: "Deployers" }];
	}, "members");
	await press(user, "Invite people…");
	const shown = await dialog("Invite people");
	await user.type(within(shown).getByRole("textbox", { name: "Email addresses" }), "new@x.example");
	await user.click(within(shown).getByRole("checkbox", { name: "Deployers" }));
	await user.click(within(shown).getByRole("button", { name: "Invite" }));
	await waitFor(() =>
		expect(given(core, "invite_people")).toMatchObject({ draft: { groups: ["grp_deploy"] } }),
	);
});
