import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { complaints, makeKey, start } from "./app";
import { problem } from "./core";

const dialog = () => screen.findByRole("dialog", { name: "First request" });

async function opened(arrange: Parameters<typeof start>[0] = () => {}) {
	const { core, user } = await start(arrange);
	await user.click(await screen.findByText("ci-deploy"));
	await user.click(await screen.findByRole("button", { name: "First request…" }));
	return { core, user, inside: within(await dialog()) };
}

test("k15 the first request is shown in every language, without the secret", async () => {
	const { user, inside } = await opened();
	expect(await inside.findByText("# sends $KEYSTEAD_KEY in curl")).toBeVisible();
	for (const label of ["JavaScript", "Python", "Ruby"]) {
		await user.click(inside.getByRole("radio", { name: label }));
		expect(inside.getByText(`# sends $KEYSTEAD_KEY in ${label}`)).toBeVisible();
		expect(inside.getByText(`# verifies in ${label}`)).toBeVisible();
	}
	expect(inside.getByText("keystead run --key ci-deploy=KEYSTEAD_KEY -- ruby verify-key.rb")).toBeVisible();
	expect(inside.getByText("https://keys.northwind.example/v1/openapi.json")).toBeVisible();
	expect(inside.getByText("paused")).toBeVisible();
	expect(await complaints()).toEqual([]);
});

test("k15 a program is copied by keyboard alone", async () => {
	const { user, inside } = await opened();
	const copy = await inside.findByRole("button", { name: "Copy first-request.sh" });
	copy.focus();
	await user.keyboard("{Enter}");
	await waitFor(async () =>
		expect(await navigator.clipboard.readText()).toBe("# sends $KEYSTEAD_KEY in curl\n"),
	);
	expect(await screen.findByText("first-request.sh copied.")).toBeVisible();
	await user.keyboard("{Escape}");
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});

test("k15 offline it is shown, and says what it needs", async () => {
	const { inside } = await opened((core) => core.goOffline());
	expect(await inside.findByText(/the programs need the server to be reached\./)).toBeVisible();
});

test("k15 without the secret on this computer it says so", async () => {
	const { core, user } = await start();
	const elsewhere = core.keys[3]?.name ?? "";
	await user.click(await screen.findByText(elsewhere));
	await user.click(await screen.findByRole("button", { name: "First request…" }));
	const inside = within(await dialog());
	expect(await inside.findByText(/The secret is not in this computer's keychain\./)).toBeVisible();
});

test("k15 when it can't be written it says why", async () => {
	const { core, user, inside } = await opened((core) =>
		core.failing.set("first_request", problem("not_found", "The server of this computer does not run.")),
	);
	expect(await inside.findByText("The server of this computer does not run.")).toBeVisible();
	core.failing.clear();
	await user.click(inside.getByRole("button", { name: /again/i }));
	expect(await inside.findByText("# sends $KEYSTEAD_KEY in curl")).toBeVisible();
});

test("k15 a new key leads to its first request", async () => {
	const { user } = await start();
	const made = within(await makeKey(user, "edge-cache"));
	await user.click(made.getByRole("button", { name: "Close and show the first request" }));
	const inside = within(await dialog());
	expect(await inside.findByText("edge-cache")).toBeVisible();
	expect(screen.queryByRole("dialog", { name: "Your new secret" })).toBeNull();
});
