import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { route } from "../route.svelte";
import { start } from "./app";
import { ago, northwind, sampleKeys } from "./sample";
import { problem } from "./core";

test("k1 the inventory says what there is, with exact grid semantics", async () => {
	await start();
	const grid = await screen.findByRole("grid", { name: "Keys" });
	expect(screen.getByRole("heading", { level: 1, name: "Keys" })).toBeVisible();
	expect(grid).toHaveAttribute("aria-rowcount", "17");
	const row = await screen.findByRole("row", { name: /ci-deploy/ });
	expect(
		within(row)
			.getAllByRole("gridcell")
			.map((cell) => cell.textContent.trim()),
	).toEqual(["", "ci-deploy …Qw9z", "team", "Active", "in 61 days", "2 min ago"]);
});

test("o1 of a hundred thousand keys only those near the window are in the document", async () => {
	const { core, user } = await start((core) => (core.keys = sampleKeys(100_000)));
	const grid = await screen.findByRole("grid", { name: "Keys" });
	expect(grid).toHaveAttribute("aria-rowcount", "100001");
	expect(within(grid).getAllByRole("row").length).toBeLessThan(60);
	grid.focus();
	await user.keyboard("{End}");
	await waitFor(() =>
		expect(document.getElementById(grid.getAttribute("aria-activedescendant") ?? "")).toHaveAttribute(
			"aria-rowindex",
			"100001",
		),
	);
	const asked = core.asked.filter(({ command }) => command === "list_keys").length;
	expect(asked).toBeLessThan(10);
});

test("the table is walked, opened and left by keyboard alone", async () => {
	const { user } = await start();
	const grid = await screen.findByRole("grid", { name: "Keys" });
	await screen.findByRole("row", { name: /billing-export/ });
	grid.focus();
	await user.keyboard("{ArrowDown}{ArrowDown}{Enter}");
	const panel = await screen.findByRole("region", { name: "Key details" });
	expect(await within(panel).findByRole("heading", { name: /ci-deploy/ })).toBeVisible();
	await user.keyboard("{ArrowDown}");
	expect(await within(panel).findByRole("heading", { name: /cvrp-planner/ })).toBeVisible();
	await user.keyboard("{Home}");
	expect(await within(panel).findByRole("heading", { name: /billing-export/ })).toBeVisible();
	await user.keyboard("{Escape}");
	await waitFor(() => expect(screen.queryByRole("region", { name: "Key details" })).toBeNull());
	expect(grid).toHaveFocus();
});

test("a key has an address", async () => {
	const [first] = sampleKeys();
	const { user } = await start();
	await user.click(await screen.findByRole("row", { name: /ci-deploy/ }));
	expect(location.hash).toBe(`#/keys/${first?.id ?? ""}`);
});

test("search and filters narrow the table, and clear again", async () => {
	const { user } = await start();
	await screen.findByRole("row", { name: /ci-deploy/ });
	await user.keyboard("/");
	expect(screen.getByRole("searchbox", { name: "Search keys" })).toHaveFocus();
	await user.keyboard("export");
	await waitFor(() => expect(screen.queryByRole("row", { name: /ci-deploy/ })).toBeNull());
	expect(screen.getByRole("row", { name: /billing-export/ })).toBeVisible();
	expect(screen.getByText("1 of 16 keys")).toBeVisible();
	await user.keyboard("{Escape}");
	await user.click(screen.getByRole("button", { name: "State filter" }));
	await user.click(await screen.findByRole("menuitemcheckbox", { name: "Expired" }));
	await user.keyboard("{Escape}");
	await waitFor(() => expect(screen.getByText("1 of 16 keys")).toBeVisible());
	await user.type(screen.getByRole("searchbox"), "zzz");
	await user.click(await screen.findByRole("button", { name: "Clear filters" }));
	expect(await screen.findByText("16 keys")).toBeVisible();
});

test("a column sorts, and sorts back", async () => {
	const { user } = await start();
	const header = await screen.findByRole("columnheader", { name: "Kind" });
	await user.click(within(header).getByRole("button"));
	expect(header).toHaveAttribute("aria-sort", "ascending");
	await user.click(within(header).getByRole("button"));
	expect(header).toHaveAttribute("aria-sort", "descending");
	const name = screen.getByRole("columnheader", { name: "Name" });
	await user.click(within(name).getByRole("button"));
	expect(name).toHaveAttribute("aria-sort", "ascending");
});

test("k9 revoking a key in use says from where, and asks for its name", async () => {
	const { core, user } = await start();
	await user.click(await screen.findByRole("row", { name: /billing-export/ }));
	await user.click(await screen.findByRole("button", { name: "Revoke key" }));
	const dialog = await screen.findByRole("dialog", { name: "Revoke billing-export" });
	expect(within(dialog).getByText(/from 10\.0\.0\.7/)).toBeVisible();
	await user.type(
		within(dialog).getByRole("textbox", { name: "Type billing-export to confirm" }),
		"billing",
	);
	await user.click(within(dialog).getByRole("button", { name: "Revoke key" }));
	expect(await within(dialog).findByText("Type billing-export exactly.")).toBeVisible();
	expect(core.asked.some(({ command }) => command === "revoke_key")).toBe(false);
	await user.type(within(dialog).getByRole("textbox"), "-export");
	await user.click(within(dialog).getByRole("button", { name: "Revoke key" }));
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
	const row = await screen.findByRole("row", { name: /billing-export/ });
	await waitFor(() => expect(within(row).getByText("Revoked")).toBeVisible());
	expect(await screen.findByText("billing-export is revoked.")).toBeVisible();
});

test("k9 a revocation that the server refuses is said", async () => {
	const { core, user } = await start();
	await user.click(await screen.findByRole("row", { name: /vendor-acme/ }));
	core.refuses = "Only Owners and Admins may revoke keys.";
	await user.click(await screen.findByRole("button", { name: "Revoke key" }));
	const dialog = await screen.findByRole("dialog", { name: "Revoke vendor-acme" });
	await user.type(within(dialog).getByRole("textbox"), "vendor-acme{Enter}");
	const notices = screen.getByRole("status", { name: "Notices" });
	expect(await within(notices).findByText("Only Owners and Admins may revoke keys.")).toBeVisible();
	expect(screen.queryByText(/vendor-acme is revoked/)).toBeNull();
});

test("k9 a key that is not in use needs no name", async () => {
	const { user } = await start((core) => {
		core.keys = core.keys.map((key) => ({ ...key, lastUsedAt: ago(30 * 86_400_000) }));
	});
	await user.click(await screen.findByRole("row", { name: /billing-export/ }));
	await user.click(await screen.findByRole("button", { name: "Revoke key" }));
	const dialog = await screen.findByRole("dialog", { name: "Revoke billing-export" });
	expect(within(dialog).queryByRole("textbox")).toBeNull();
});

test("k9 offline a revocation is not yet in force, and is when the server says so", async () => {
	const { core, user } = await start();
	const row = await screen.findByRole("row", { name: /billing-export/ });
	core.goOffline();
	await user.click(row);
	await user.click(await screen.findByRole("button", { name: "Revoke key" }));
	const dialog = await screen.findByRole("dialog");
	expect(await within(dialog).findByText(/not yet in force until the server confirms it/)).toBeVisible();
	await user.type(within(dialog).getByRole("textbox"), "billing-export");
	await user.click(within(dialog).getByRole("button", { name: "Revoke key" }));
	const panel = screen.getByRole("region", { name: "Key details" });
	expect(await within(panel).findByText(/^Revoked here, not yet in force: the key works/)).toBeVisible();
	expect(within(panel).getByText("revocation not yet in force")).toBeVisible();
	expect(
		screen.getByText(
			"billing-export is revoked here, not yet in force: the server has not confirmed it.",
		),
	).toBeVisible();
	expect(within(panel).queryByRole("button", { name: "Revoke key" })).toBeNull();
	expect(
		await screen.findByRole("button", { name: /^Offline since .* · 1 change waiting$/ }),
	).toBeVisible();
	core.confirm();
	expect(await within(panel).findByText("Revoked", { selector: ".word" })).toBeVisible();
});

test("o2 a key that the server does not know yet is not called active", async () => {
	const { core, user } = await start((core) => {
		const [first] = core.keys;
		if (first) core.queue(first, "create");
	});
	const row = await screen.findByRole("row", { name: /ci-deploy/ });
	expect(within(row).queryByText("Active")).toBeNull();
	await user.click(row);
	const panel = await screen.findByRole("region", { name: "Key details" });
	expect(await within(panel).findByText(/^Made here, not yet in force/)).toBeVisible();
	expect(within(panel).queryByText("Active")).toBeNull();
	core.confirm();
	expect(await within(panel).findByText("Active")).toBeVisible();
});

test("k2 the free key says what it is for", async () => {
	const { user } = await start();
	await user.click(await screen.findByRole("row", { name: /Free service key/ }));
	const panel = await screen.findByRole("region", { name: "Key details" });
	expect(
		await within(panel).findByText("Service key · made with the account, calls every free service"),
	).toBeVisible();
});

test("k10 a revoked key does not expire any more", async () => {
	const { user } = await start((core) => {
		core.keys = core.keys.map((key) =>
			key.name === "legacy-import" ? { ...key, expiresAt: ago(-90 * 86_400_000) } : key,
		);
	});
	const row = await screen.findByRole("row", { name: /legacy-import/ });
	expect(row).not.toHaveTextContent(/in \d+ days/);
	expect(row).toHaveTextContent("–");
	await user.click(row);
	const panel = await screen.findByRole("region", { name: "Key details" });
	const term = await within(panel).findByText("Expires");
	expect(term.nextElementSibling).toHaveTextContent("revoked");
});

test("k2 the free key says why why it cannot be revoked", async () => {
	const { core, user } = await start();
	await user.click(await screen.findByRole("row", { name: /Free service key/ }));
	const revoke = await screen.findByRole("button", { name: "Revoke key" });
	expect(revoke).toHaveAttribute("aria-disabled", "true");
	expect(revoke).toHaveAccessibleDescription(/cannot be revoked/);
	await user.click(revoke);
	expect(screen.queryByRole("dialog")).toBeNull();
	expect(core.asked.some(({ command }) => command === "revoke_key")).toBe(false);
});

test("k16 a key that expires within two weeks stands out", async () => {
	await start();
	const row = await screen.findByRole("row", { name: /tsp-batch/ });
	expect(within(row).getByText("in 5 days")).toHaveClass("soon");
});

test("a secret that is not here says so; one that is can be copied without being shown", async () => {
	const { user } = await start();
	await user.click(await screen.findByRole("row", { name: /vendor-acme/ }));
	expect(await screen.findByText(/^The secret is not on this computer/)).toBeVisible();
	expect(screen.getByRole("region", { name: "Secret" })).toBeVisible();
	await user.click(screen.getByRole("row", { name: /ci-deploy/ }));
	const card = await screen.findByRole("region", { name: "Secret on this computer" });
	await user.click(await within(card).findByRole("button", { name: "Copy" }));
	expect(await within(card).findByText(/^Copied; leaves the clipboard in/)).toBeVisible();
	await user.click(within(card).getByRole("button", { name: "Download .txt" }));
	expect(await within(card).findByText("Saved to /home/mara/Downloads/ci-deploy.txt")).toBeVisible();
});

test("an empty inventory offers the first step", async () => {
	const { user } = await start((core) => (core.keys = []));
	await user.click(await screen.findByRole("button", { name: "Make the first key" }));
	expect(await screen.findByRole("dialog", { name: "New key" })).toBeVisible();
});

test("who may not make keys is told who may", async () => {
	await start((core) => (core.connections = [{ ...northwind, role: "viewer" }]));
	const button = await screen.findByRole("button", { name: "New key" });
	expect(button).toHaveAccessibleDescription("Owners and Admins may. Ask one of them.");
});

test("a table that cannot be read says what happened and tries again", async () => {
	const { core, user } = await start((core) => {
		core.failing.set("list_keys", problem("unexpected", "The offline copy did not answer."));
	});
	expect(await screen.findByText("The offline copy did not answer.")).toBeVisible();
	core.failing.clear();
	await user.click(screen.getByRole("button", { name: "Try again" }));
	expect(await screen.findByRole("row", { name: /ci-deploy/ })).toBeVisible();
});

test("k16 the foot counts what expires, also one", async () => {
	const { core } = await start();
	expect(await screen.findByText("4 expire within 30 days")).toBeVisible();
	core.keys = core.keys.slice(0, 1);
	core.announce(["keys"]);
	expect(await screen.findByText("1 expires within 30 days")).toBeVisible();
});

test("a key that is gone says so", async () => {
	await start();
	await screen.findByRole("grid");
	route.go("keys", "key_gone");
	expect(await screen.findByText(/^There is no such key/)).toBeVisible();
});
