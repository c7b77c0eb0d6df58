import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { start } from "./app";
import { problem } from "./core";
import { here, northwind } from "./sample";

test("a theme holds at once, and goes back when it cannot be kept", async () => {
	const { core, user } = await start(() => {}, "preferences");
	await user.click(await screen.findByRole("radio", { name: "Dark" }));
	await waitFor(() => expect(document.documentElement.dataset.theme).toBe("dark"));
	await waitFor(() => expect(core.preferences.theme).toBe("dark"));
	core.failing.set("set_preferences", problem("unexpected", "The preferences could not be written."));
	await user.click(screen.getByRole("radio", { name: "Light" }));
	expect(await screen.findByText("The preferences could not be written.")).toBeVisible();
	await waitFor(() => expect(document.documentElement.dataset.theme).toBe("dark"));
	expect(screen.getByRole("radio", { name: "Dark" })).toBeChecked();
	core.failing.clear();
	await user.click(screen.getByRole("radio", { name: "System" }));
	await waitFor(() => expect(document.documentElement.dataset.theme).toBeUndefined());
});

test("o6 removing a workspace of this computer says what is lost, in numbers", async () => {
	const { core, user } = await start((core) => {
		core.connections = [here, northwind];
		core.current = here.id;
		const [first] = core.keys;
		if (first) core.queue(first, "create");
	}, "connections");
	await user.click(await screen.findByRole("button", { name: "Remove My workspace" }));
	const dialog = await screen.findByRole("dialog", { name: "Remove My workspace" });
	expect(await within(dialog).findByText("Create ci-deploy")).toBeVisible();
	expect(within(dialog).getByText(/2 secrets will leave this computer's keychain/)).toBeVisible();
	expect(within(dialog).getByText(/^This is the only copy\..* its data file is deleted/)).toBeVisible();
	const name = within(dialog).getByRole("textbox", { name: "Type My workspace to confirm" });
	await user.type(name, "my workspace");
	await user.click(within(dialog).getByRole("button", { name: "Remove connection" }));
	expect(await within(dialog).findByText("Type My workspace exactly.")).toBeVisible();
	await waitFor(() => expect(name).toHaveFocus());
	expect(core.connections).toHaveLength(2);
	await user.clear(name);
	await user.type(name, "My workspace{Enter}");
	expect(
		await screen.findByRole("button", { name: /^Switch connection: Northwind Routing/ }),
	).toBeVisible();
	expect(core.connections.map(({ id }) => id)).toEqual([northwind.id]);
});

test("o6 removing a connection to a server asks for no name, since the server keeps it", async () => {
	const { core, user } = await start((core) => (core.connections = [northwind, here]), "connections");
	await user.click(await screen.findByRole("button", { name: "Remove Northwind Routing" }));
	const dialog = await screen.findByRole("dialog", { name: "Remove Northwind Routing" });
	expect(await within(dialog).findByText(/stay on the server/)).toBeVisible();
	expect(within(dialog).queryByRole("textbox")).toBeNull();
	await user.click(within(dialog).getByRole("button", { name: "Remove connection" }));
	await waitFor(() => expect(core.connections.map(({ id }) => id)).toEqual([here.id]));
});

test("o6 removing another connection leaves the open one open", async () => {
	const { core, user } = await start((core) => (core.connections = [northwind, here]), "connections");
	await user.click(await screen.findByRole("button", { name: "Remove My workspace" }));
	await user.type(
		await screen.findByRole("textbox", { name: /^Type My workspace/ }),
		"My workspace{Enter}",
	);
	await waitFor(() => expect(screen.queryByRole("button", { name: "Remove My workspace" })).toBeNull());
	expect(screen.getByRole("heading", { level: 1, name: "Connections" })).toBeVisible();
	expect(core.current).toBe(northwind.id);
});

test("p6 what is missing explains itself by role", async () => {
	await start((core) => (core.connections = [{ ...northwind, role: "viewer" }]), "why");
	const row = await screen.findByRole("row", { name: /^Create, change and revoke keys/ });
	expect(row).toHaveTextContent("Not allowed");
	expect(row).toHaveTextContent("Owners and Admins may. Ask one of them.");
	expect(screen.getByRole("row", { name: /^See keys/ })).toHaveTextContent("Allowed");
});
