import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { complaints, start } from "./app";
import { problem, type FakeCore } from "./core";

function owned(core: FakeCore) {
	core.groups.give("Ibo Aydın, notebook", { kind: "member", id: "mem_ibo" });
	core.groups.give("svc: nightly-runner", { kind: "service_account", id: "sva_night" });
}
const policy = (arrange?: (core: FakeCore) => void) =>
	start((core) => {
		owned(core);
		arrange?.(core);
	}, "policy");
const dialog = (name: string | RegExp) => screen.findByRole("dialog", { name });

test("k11 before nobody is saved, a dry run lists exactly which tokens stop", async () => {
	const { core, user } = await policy();
	const look = await screen.findByRole("button", { name: "See what changes…" });
	expect(look).toHaveAccessibleDescription("This is the policy already.");
	expect(await complaints()).toEqual([]);
	await user.click(screen.getByRole("radio", { name: "Nobody" }));
	await user.click(look);
	const shown = await dialog("2 tokens will stop");
	expect(within(shown).getByRole("rowheader", { name: /Ibo Aydın, notebook/ })).toBeVisible();
	expect(within(shown).getByRole("rowheader", { name: /nightly-runner nightly-export/ })).toBeVisible();
	expect(within(shown).getByText(/suspended, not revoked/)).toBeVisible();
	expect(core.groups.policy).toEqual({ who: "all" });
	expect(await complaints()).toEqual([]);
	core.failing.set("set_token_policy", problem("refused", "This organization was changed meanwhile."));
	await user.click(within(shown).getByRole("button", { name: "Change the policy" }));
	expect(await within(shown).findByText("This organization was changed meanwhile.")).toBeVisible();
	core.failing.clear();
	await user.click(within(shown).getByRole("button", { name: "Change the policy" }));
	await waitFor(() => expect(core.groups.policy).toEqual({ who: "nobody" }));
	expect(await screen.findByText("The token policy is changed.")).toBeVisible();
	expect(screen.getByRole("radio", { name: "Nobody" })).toBeChecked();
	// Loosened again, the same two come back.
	await user.click(screen.getByRole("radio", { name: "All members" }));
	await user.click(screen.getByRole("button", { name: "See what changes…" }));
	expect(await screen.findByText("2 tokens will work again")).toBeVisible();
});

test("k11 groups are chosen, and none is no choice", async () => {
	const { core, user } = await policy();
	await user.click(await screen.findByRole("radio", { name: "Members of chosen groups" }));
	core.failing.set(
		"preview_token_policy",
		problem(
			"invalid_input",
			"Choose one group at least; to let nobody have personal tokens, choose nobody.",
			"groups",
		),
	);
	await user.click(screen.getByRole("button", { name: "See what changes…" }));
	expect(await screen.findByText(/Choose one group at least/)).toBeVisible();
	core.failing.clear();
	await user.click(screen.getByRole("checkbox", { name: /Deployers/ }));
	await user.click(screen.getByRole("button", { name: "See what changes…" }));
	const shown = await dialog("No token stops");
	expect(within(shown).getByText("Can have no tokens made any more: Chen Wei.")).toBeVisible();
	await user.click(within(shown).getByRole("button", { name: "Change the policy" }));
	await waitFor(() => expect(core.groups.policy).toEqual({ who: "groups", groups: ["grp_deploy"] }));
});

test("k11 who may not change the policy sees it, and offline nobody does", async () => {
	const { core } = await policy((core) => (core.people.role = "billing"));
	expect(await screen.findByRole("radio", { name: "Nobody" })).toBeDisabled();
	expect(screen.getAllByText(/Owner and Admin may change the token policy/)[0]).toBeVisible();
	core.people.role = "owner";
	core.announce(["organization"]);
	core.goOffline();
	await waitFor(() =>
		expect(screen.getByRole("button", { name: "See what changes…" })).toHaveAccessibleDescription(
			"You are offline. The policy is changed at the server.",
		),
	);
});

test("k1 personal tokens are made for oneself or a service account", async () => {
	const { core, user } = await start(owned);
	await user.click(await screen.findByRole("button", { name: "New key" }));
	await user.click(await screen.findByRole("radio", { name: "Personal token" }));
	const owner = await screen.findByRole("combobox", { name: "For" });
	expect(owner).toHaveDisplayValue("Mara Lindqvist (you)");
	expect(await complaints()).toEqual([]);
	await user.selectOptions(owner, "nightly-export");
	await user.type(screen.getByRole("textbox", { name: "Name" }), "export at night");
	await user.click(screen.getByRole("button", { name: "Create key" }));
	expect(await screen.findByRole("dialog", { name: "Your new secret" })).toBeVisible();
	expect(core.asked.find(({ command }) => command === "create_key")?.given).toMatchObject({
		draft: { kind: "personal", owner: { kind: "service_account", id: "sva_night" } },
	});
});

test("k11 where nobody may have tokens made, the dialog says so", async () => {
	const { user } = await start((core) => (core.groups.policy = { who: "nobody" }));
	await user.click(await screen.findByRole("button", { name: "New key" }));
	await user.click(await screen.findByRole("radio", { name: "Personal token" }));
	expect(await screen.findByText("The token policy lets nobody make personal tokens.")).toBeVisible();
});

test("k10 suspended tokens are shown, found by their state and by their owner", async () => {
	const { core, user } = await start(owned);
	core.groups.acts["set_token_policy"]?.({ draft: { who: "nobody", groups: [] } });
	await user.click(await screen.findByRole("button", { name: "State filter" }));
	await user.click(await screen.findByRole("menuitemcheckbox", { name: "Suspended" }));
	await waitFor(() => expect(screen.getAllByText("Suspended").length).toBeGreaterThan(1));
	await user.keyboard("{Escape}");
	await user.click(await screen.findByRole("button", { name: "Owner filter" }));
	await user.click(await screen.findByRole("menuitemradio", { name: "Ibo Aydın" }));
	await waitFor(() => expect(screen.queryByText("svc: nightly-runner")).toBeNull());
	await user.click(await screen.findByText("Ibo Aydın, notebook"));
	expect(await screen.findByText("The token policy lets nobody use personal tokens.")).toBeVisible();
});
