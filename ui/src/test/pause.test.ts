import { screen, waitFor, within } from "@testing-library/svelte";
import type { UserEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";
import { start } from "./app";
import type { FakeCore } from "./core";
import { ago, northwind } from "./sample";

const notices = () => screen.getByRole("status", { name: "Notices" });
const panel = () => screen.findByRole("region", { name: "Key details" });

async function openKey(user: UserEvent, name: string) {
	await user.click(await screen.findByRole("row", { name: new RegExp(name) }));
	await within(await panel()).findByRole("button", { name: "Edit" });
	return panel();
}

async function pauseKey(user: UserEvent, name: string) {
	await user.click(within(await openKey(user, name)).getByRole("button", { name: "Pause" }));
	return screen.findByRole("dialog", { name: `Pause ${name}` });
}

const state = (core: FakeCore, name: string) => core.keys.find((key) => key.name === name)?.state;

test("k8 pausing says what will happen and who uses the key, and Undo takes it back", async () => {
	const { core, user } = await start();
	const dialog = await pauseKey(user, "ci-deploy");
	expect(
		within(dialog)
			.getByText(/In use: last used/)
			.closest("p"),
	).toHaveTextContent("In use: last used 2 min ago from 10.0.0.7, 48,210 requests so far.");
	expect(
		within(dialog)
			.getAllByRole("listitem")
			.map((item) => item.textContent),
	).toEqual([
		"Every request with this key fails, for everyone who holds it, until it is resumed.",
		"Its expiry goes on, and so does a rotation.",
		"Resume lets requests through again, with the same secret.",
	]);
	await user.click(within(dialog).getByRole("button", { name: "Pause" }));
	expect(await within(notices()).findByText("ci-deploy is paused.")).toBeVisible();
	expect(screen.queryByRole("dialog")).toBeNull();
	const details = await panel();
	expect(await within(details).findByRole("heading", { name: /^ci-deploy Paused$/ })).toBeVisible();
	expect(within(screen.getByRole("row", { name: /ci-deploy/ })).getByText("Paused")).toBeVisible();
	expect(state(core, "ci-deploy")).toBe("paused");
	await user.click(within(notices()).getByRole("button", { name: "Undo" }));
	expect(await within(notices()).findByText("ci-deploy is resumed.")).toBeVisible();
	expect(await within(details).findByRole("heading", { name: /^ci-deploy Active$/ })).toBeVisible();
});

test("k8 a key that nobody used lately is paused without a warning", async () => {
	const { user } = await start((core) => {
		core.keys = core.keys.map((key) => ({ ...key, lastUsedAt: ago(30 * 86_400_000) }));
	});
	const dialog = await pauseKey(user, "ci-deploy");
	expect(within(dialog).queryByText(/In use/)).toBeNull();
});

test("k8 resuming is one click, and a rotation has gone on meanwhile", async () => {
	const { core, user } = await start((core) => {
		core.rotating("tsp-batch", { began: 3_600_000, oldUsed: 60_000, newUsed: null });
		core.paused("tsp-batch");
	});
	const details = await openKey(user, "tsp-batch");
	expect(within(details).getByText("Paused", { selector: "dt" }).nextElementSibling).toHaveTextContent(
		/ by Mara Lindqvist$/,
	);
	expect(within(details).queryByRole("button", { name: "Pause" })).toBeNull();
	await user.click(within(details).getByRole("button", { name: "Resume" }));
	expect(await within(notices()).findByText("tsp-batch is resumed.")).toBeVisible();
	expect(await within(details).findByRole("heading", { name: /^tsp-batch Rotating$/ })).toBeVisible();
	expect(state(core, "tsp-batch")).toBe("rotating");
});

test("k8 P pauses the open key and resumes it, and is listed", async () => {
	const { user } = await start();
	(await screen.findByRole("grid")).focus();
	await user.keyboard("p");
	expect(screen.queryByRole("dialog")).toBeNull();
	await openKey(user, "ci-deploy");
	await user.keyboard("p");
	const dialog = await screen.findByRole("dialog", { name: "Pause ci-deploy" });
	await user.click(within(dialog).getByRole("button", { name: "Pause" }));
	await within(notices()).findByText("ci-deploy is paused.");
	(await screen.findByRole("grid")).focus();
	await user.keyboard("p");
	expect(await within(notices()).findByText("ci-deploy is resumed.")).toBeVisible();
	await user.keyboard("?");
	const shortcuts = await screen.findByRole("dialog", { name: "Keyboard shortcuts" });
	expect(within(shortcuts).getByText("Pause or resume the open key").nextElementSibling).toHaveTextContent(
		"P",
	);
});

test("k8 the palette pauses the open key", async () => {
	const { user } = await start();
	await openKey(user, "ci-deploy");
	await user.keyboard("{Control>}k{/Control}");
	await screen.findByRole("option", { name: /^Pause the open key/ });
	expect(screen.queryByRole("option", { name: /^Resume the open key/ })).toBeNull();
	await user.keyboard("pause{Enter}");
	expect(await screen.findByRole("dialog", { name: "Pause ci-deploy" })).toBeVisible();
});

test("k8 who may not pause is told who may, and P says it too", async () => {
	const { core, user } = await start((core) => (core.connections = [{ ...northwind, role: "viewer" }]));
	const details = await openKey(user, "ci-deploy");
	const pause = within(details).getByRole("button", { name: "Pause" });
	expect(pause).toHaveAttribute("aria-disabled", "true");
	expect(pause).toHaveAccessibleDescription("Owners and Admins may pause keys. Ask one of them.");
	await user.keyboard("p");
	expect(
		await within(notices()).findByText("Owners and Admins may pause keys. Ask one of them."),
	).toBeVisible();
	expect(core.asked.some(({ command }) => command === "stop_key")).toBe(false);
});

test("k8 an expired key says that there is nothing to pause", async () => {
	const { user } = await start();
	const details = await openKey(user, "old-dashboard");
	expect(within(details).getByRole("button", { name: "Pause" })).toHaveAccessibleDescription(
		"This key has expired; there is nothing left to pause or to resume.",
	);
});

test("k8 offline a pause is not yet in force, and Resume takes it back", async () => {
	const { core, user } = await start();
	await screen.findByRole("row", { name: /ci-deploy/ });
	core.goOffline();
	const dialog = await pauseKey(user, "ci-deploy");
	expect(await within(dialog).findByText(/not yet in force until the server confirms it/)).toBeVisible();
	await user.click(within(dialog).getByRole("button", { name: "Pause" }));
	const details = await panel();
	expect(await within(details).findByText(/^Paused here, not yet in force: the key works/)).toBeVisible();
	const row = screen.getByRole("row", { name: /ci-deploy/ });
	expect(within(row).getByText("Active")).toBeVisible();
	expect(within(row).getByText("pause not yet in force")).toBeVisible();
	await user.click(screen.getByRole("button", { name: /1 change waiting/ }));
	expect(await screen.findByText("Pause ci-deploy")).toBeVisible();
	await user.click(screen.getByRole("button", { name: "Close" }));
	await user.click(await within(details).findByRole("button", { name: "Resume" }));
	await waitFor(() => expect(within(details).queryByText(/not yet in force/)).toBeNull());
	expect(core.pending).toEqual([]);
	expect(within(details).getByRole("button", { name: "Pause" })).toBeVisible();
});

test("k8 a pause that the server refuses is said, and the key is as it was", async () => {
	const { core, user } = await start();
	core.refuses = "Only Owners and Admins may pause keys.";
	const dialog = await pauseKey(user, "ci-deploy");
	await user.click(within(dialog).getByRole("button", { name: "Pause" }));
	expect(await within(notices()).findByText("Only Owners and Admins may pause keys.")).toBeVisible();
	expect(within(notices()).queryByRole("button", { name: "Undo" })).toBeNull();
	expect(state(core, "ci-deploy")).toBe("active");
});

test("k10 paused and rotating keys are found by their state", async () => {
	const { user } = await start((core) => {
		core.rotating("ci-deploy", { began: 3_600_000, oldUsed: null, newUsed: null });
		core.paused("tsp-batch");
	});
	await screen.findByRole("row", { name: /ci-deploy/ });
	await user.click(screen.getByRole("button", { name: "State filter" }));
	await user.click(await screen.findByRole("menuitemcheckbox", { name: "Paused" }));
	await user.click(await screen.findByRole("menuitemcheckbox", { name: "Rotating" }));
	await user.keyboard("{Escape}");
	expect(await screen.findByText("2 of 16 keys")).toBeVisible();
	expect(screen.getByRole("button", { name: "State: rotating, paused, filter" })).toBeVisible();
});
