import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { start } from "./app";
import type { FakeCore } from "./core";
import { ago, northwind, sampleKeys } from "./sample";

const bar = () => screen.findByRole("region", { name: "Selected keys" });
const box = (name: string) => screen.findByRole("checkbox", { name: `Select ${name}` });
const states = (core: FakeCore, ...names: string[]) =>
	names.map((name) => core.keys.find((key) => key.name === name)?.state);

test("k9 keys are selected by their boxes, with Shift up to another, and Esc lets them go", async () => {
	const { user } = await start();
	await user.click(await box("billing-export"));
	expect(await bar()).toHaveTextContent("1 key selected");
	expect(screen.queryByRole("region", { name: "Key details" })).toBeNull();
	expect(screen.getByRole("row", { name: /billing-export/ })).toHaveAttribute("aria-selected", "true");
	await user.keyboard("{Shift>}");
	await user.click(await box("dispatch-eu"));
	await user.keyboard("{/Shift}");
	await waitFor(async () => expect(await bar()).toHaveTextContent("4 keys selected"));
	expect(await box("ci-deploy")).toBeChecked();
	await user.click(await box("ci-deploy"));
	expect(await bar()).toHaveTextContent("3 keys selected");
	expect(screen.getByRole("checkbox", { name: "Select all shown" })).toBePartiallyChecked();
	await user.keyboard("{Escape}");
	await waitFor(() => expect(screen.queryByRole("region", { name: "Selected keys" })).toBeNull());
});

test("k9 keys are selected by keyboard alone", async () => {
	const { user } = await start();
	const grid = await screen.findByRole("grid", { name: "Keys" });
	await screen.findByRole("row", { name: /billing-export/ });
	grid.focus();
	await user.keyboard("{ArrowDown} {ArrowDown}{ArrowDown}{Shift>} {/Shift}");
	await waitFor(async () => expect(await bar()).toHaveTextContent("3 keys selected"));
	await user.keyboard("{Control>}a{/Control}");
	await waitFor(async () => expect(await bar()).toHaveTextContent("16 keys selected"));
	expect(screen.getByRole("checkbox", { name: "Select all shown" })).toBeChecked();
	await user.keyboard("{Control>}a{/Control}");
	await waitFor(() => expect(screen.queryByRole("region", { name: "Selected keys" })).toBeNull());
	expect(grid).toHaveFocus();
});

test("k9 all that is shown is all that the filter lets through, and what it hides is not selected", async () => {
	const { user } = await start();
	await screen.findByRole("row", { name: /ci-deploy/ });
	await user.type(screen.getByRole("searchbox"), "ex");
	await waitFor(() => expect(screen.queryByRole("row", { name: /ci-deploy/ })).toBeNull());
	await user.click(screen.getByRole("checkbox", { name: "Select all shown" }));
	await waitFor(async () => expect(await bar()).toHaveTextContent("1 key selected"));
	await user.clear(screen.getByRole("searchbox"));
	await screen.findByRole("row", { name: /ci-deploy/ });
	expect(await box("billing-export")).toBeChecked();
	await user.type(screen.getByRole("searchbox"), "ci-");
	await waitFor(() => expect(screen.queryByRole("region", { name: "Selected keys" })).toBeNull());
	// What is searched for stays while the window is open.
	await user.clear(screen.getByRole("searchbox"));
});

test("o1 among a hundred thousand keys what is selected stays while others are scrolled to", async () => {
	const { user } = await start((core) => (core.keys = sampleKeys(100_000)));
	const grid = await screen.findByRole("grid", { name: "Keys" });
	await waitFor(() => expect(within(grid).getAllByRole("row").length).toBeGreaterThan(5));
	grid.focus();
	await user.keyboard("{ArrowDown} {End}");
	await waitFor(async () => expect(await bar()).toHaveTextContent("1 key selected"));
	await user.keyboard("{Home}");
	expect(within(grid).getAllByRole("checkbox", { checked: true })).toHaveLength(1);
	expect(within(grid).getAllByRole("row").length).toBeLessThan(60);
});

test("k9 keys that are gone leave the selection, those that change stay", async () => {
	const { core, user } = await start();
	await user.click(await box("billing-export"));
	await user.click(await box("ci-deploy"));
	core.editElsewhere(core.keys.find(({ name }) => name === "billing-export")?.id ?? "", {
		name: "b-export",
	});
	core.lose(core.keys.find(({ name }) => name === "ci-deploy")?.id ?? "");
	await waitFor(async () => expect(await bar()).toHaveTextContent("1 key selected"), { timeout: 4_000 });
	expect(await box("b-export")).toBeChecked();
});

test("k8 many keys are paused, those that can't be are named, and Undo resumes the rest", async () => {
	const { core, user } = await start((core) => core.paused("tsp-batch"));
	for (const name of ["billing-export", "old-dashboard", "tsp-batch", "ci-deploy"])
		await user.click(await box(name));
	await user.click(within(await bar()).getByRole("button", { name: "Pause" }));
	const dialog = await screen.findByRole("dialog", { name: "2 keys are being paused" });
	const refused = within(dialog).getByRole("list", { name: "2 keys were not paused" });
	expect(
		within(refused)
			.getAllByRole("listitem")
			.map((item) => item.textContent),
	).toEqual([
		"old-dashboard This key has expired; there is nothing left to pause or to resume.",
		"tsp-batch This key is paused already.",
	]);
	expect(await within(dialog).findByText("Everything that was wanted is in force.")).toBeVisible();
	expect(states(core, "billing-export", "ci-deploy")).toEqual(["paused", "paused"]);
	await user.click(within(dialog).getByRole("button", { name: "Copy list" }));
	expect(await navigator.clipboard.readText()).toMatch(
		/^2 keys were not paused\nold-dashboard\tkey_\S+\tThis key has expired/,
	);
	await user.click(within(dialog).getByRole("button", { name: "Undo" }));
	expect(await screen.findByRole("dialog", { name: "2 keys are being resumed" })).toBeVisible();
	await waitFor(() => expect(states(core, "billing-export", "ci-deploy")).toEqual(["active", "active"]));
	await user.click(screen.getByRole("button", { name: "Close" }));
	await waitFor(() => expect(screen.getByRole("grid")).toHaveFocus());
	expect(await bar()).toHaveTextContent("4 keys selected");
});

test("k8 many keys are paused offline, and how many are confirmed is told", async () => {
	const { core, user } = await start();
	await user.click(await box("billing-export"));
	await user.click(await box("ci-deploy"));
	core.goOffline();
	await user.click(within(await bar()).getByRole("button", { name: "Pause" }));
	const dialog = await screen.findByRole("dialog", { name: "2 keys are being paused" });
	expect(
		await within(dialog).findByText(
			"You are offline: 2 changes not yet in force until the server confirms them.",
		),
	).toBeVisible();
	core.sync = { ...core.sync, state: "syncing" };
	core.announce(["sync"]);
	expect(await within(dialog).findByText("0 of 2 confirmed by the server")).toBeVisible();
	expect(within(dialog).getByRole("progressbar", { name: "Confirmed by the server" })).toBeVisible();
	core.confirm();
	expect(await within(dialog).findByText("Everything that was wanted is in force.")).toBeVisible();
});

test("k9 revoking many keys in use asks for their number", async () => {
	const { core, user } = await start();
	for (const name of ["billing-export", "ci-deploy", "Free service key"]) await user.click(await box(name));
	await user.click(within(await bar()).getByRole("button", { name: "Revoke…" }));
	const dialog = await screen.findByRole("dialog", { name: "Revoke 3 keys" });
	expect(within(dialog).queryByRole("textbox")).toBeNull();
	await user.click(within(dialog).getByRole("button", { name: "Revoke 3 keys" }));
	const number = await within(dialog).findByRole("textbox", { name: "Type 3 to confirm" });
	expect(number).toHaveAccessibleDescription(/type how many you have chosen, 3, to revoke them\.$/);
	await waitFor(() => expect(number).toHaveFocus());
	await user.type(number, "2{Enter}");
	await waitFor(() => expect(number).toHaveAccessibleDescription(/type how many you have chosen, 3/));
	expect(states(core, "ci-deploy")).toEqual(["active"]);
	await user.clear(number);
	await user.type(number, "3{Enter}");
	const report = await screen.findByRole("dialog", { name: "2 keys are being revoked" });
	expect(within(report).getByRole("list", { name: "1 key was not revoked" })).toHaveTextContent(
		"Free service key The free service key comes with the account and cannot be revoked.",
	);
	expect(within(report).queryByRole("button", { name: "Undo" })).toBeNull();
	await waitFor(() => expect(states(core, "billing-export", "ci-deploy")).toEqual(["revoked", "revoked"]));
	await user.click(within(report).getByRole("button", { name: "Close" }));
	await waitFor(() => expect(screen.queryByRole("region", { name: "Selected keys" })).toBeNull());
});

test("k9 revoking many keys that nobody uses asks no number", async () => {
	const { user } = await start((core) => {
		core.keys = core.keys.map((key) => ({ ...key, lastUsedAt: ago(30 * 86_400_000) }));
	});
	await user.click(await box("billing-export"));
	await user.click(within(await bar()).getByRole("button", { name: "Revoke…" }));
	const dialog = await screen.findByRole("dialog", { name: "Revoke 1 key" });
	await user.click(within(dialog).getByRole("button", { name: "Revoke 1 key" }));
	expect(await screen.findByRole("dialog", { name: "1 key is being revoked" })).toBeVisible();
});

test("k9 who may not is told who may", async () => {
	const { user } = await start((core) => (core.connections = [{ ...northwind, role: "viewer" }]));
	await user.click(await box("billing-export"));
	expect(within(await bar()).getByRole("button", { name: "Pause" })).toHaveAccessibleDescription(
		"Owners and Admins may. Ask one of them.",
	);
});
