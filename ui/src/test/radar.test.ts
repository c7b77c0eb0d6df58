import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { complaints, start } from "./app";
import { problem, type FakeCore } from "./core";

function near(...names: string[]) {
	return (core: FakeCore) => {
		core.expiring = names;
	};
}

test("k16 a key whose end is near is told above the table, and one click leads to its rotation", async () => {
	const { user } = await start(near("tsp-batch", "vendor-acme"));
	expect(await screen.findByText(/expires in 5 days\./)).toBeVisible();
	expect(await complaints()).toEqual([]);
	await user.click(screen.getByRole("button", { name: "Rotate tsp-batch…" }));
	expect(await screen.findByRole("dialog", { name: "Rotate tsp-batch" })).toBeVisible();
});

test("k16 expiring keys are listed, shown and rotated, by keyboard alone", async () => {
	const { user } = await start(near("tsp-batch", "vendor-acme"));
	(await screen.findByRole("button", { name: "Show expiring keys" })).focus();
	await user.keyboard("{Enter}");
	const dialog = await screen.findByRole("dialog", { name: "Keys that expire soon" });
	const names = within(dialog)
		.getAllByRole("listitem")
		.map((item) => item.querySelector("b")?.textContent);
	expect(names).toEqual(["tsp-batch", "vendor-acme"]);
	expect(await complaints()).toEqual([]);
	within(dialog).getByRole("button", { name: "Show vendor-acme" }).focus();
	await user.keyboard("{Enter}");
	expect(await screen.findByRole("region", { name: "Key details" })).toBeVisible();
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});

test("k16 several are counted, and the footer lists those that are further away", async () => {
	const { core, user } = await start((core) => {
		core.keys = core.keys.map((key) =>
			key.name === "cvrp-planner"
				? { ...key, expiresAt: new Date(Date.now() + 3_600_000).toISOString() }
				: key,
		);
		core.expiring = ["tsp-batch", "cvrp-planner"];
	});
	expect(await screen.findByText(/2 keys expire within 7 days, the first,/)).toBeVisible();
	core.expiring = [];
	core.announce(["keys"]);
	await waitFor(() => expect(screen.queryByText(/keys expire within 7 days/)).toBeNull());
	await user.click(screen.getByRole("button", { name: /expire within 30 days/ }));
	expect(await screen.findByRole("dialog", { name: "Keys that expire soon" })).toBeVisible();
});

test("k16 a key that can't be rotated says why", async () => {
	await start((core) => {
		near("tsp-batch")(core);
		core.connections = core.connections.map((one) => ({ ...one, role: "viewer" }));
	});
	const rotate = await screen.findByRole("button", { name: "Rotate tsp-batch…" });
	expect(rotate).toHaveAttribute("aria-disabled", "true");
	expect(rotate).toHaveAccessibleDescription();
});

test("k16 a key that is gone meanwhile is told", async () => {
	const { core, user } = await start(near("tsp-batch"));
	const rotate = await screen.findByRole("button", { name: "Rotate tsp-batch…" });
	core.failing.set("key_detail", problem("not_found", "There is no such key in this workspace."));
	await user.click(rotate);
	expect(await screen.findByText("There is no such key in this workspace.")).toBeVisible();
});

test("k16 keys that nobody uses are filtered", async () => {
	const { core, user } = await start((core) => {
		core.keys = core.keys.map((key) => (key.name === "ci-deploy" ? { ...key, lastUsedAt: null } : key));
	});
	await user.click(await screen.findByRole("button", { name: "Unused filter" }));
	await user.click(await screen.findByRole("menuitemradio", { name: "For 90 days" }));
	await user.keyboard("{Escape}");
	await waitFor(() => expect(screen.queryByText("matrix-prod")).toBeNull());
	expect(screen.getByText("ci-deploy")).toBeVisible();
	const query = core.asked.findLast(({ command }) => command === "list_keys")?.given["query"];
	expect(query).toMatchObject({ unusedForDays: 90 });
});

test("k16 notices are switched off", async () => {
	const { core, user } = await start(() => {}, "preferences");
	const group = await screen.findByRole("group", { name: "Notices of expiring keys" });
	expect(within(group).getByRole("radio", { name: "On" })).toBeChecked();
	await user.click(within(group).getByRole("radio", { name: "Off" }));
	await waitFor(() => expect(core.preferences.expiryNotices).toBe(false));
	expect(core.preferences.theme).toBe("system");
});
