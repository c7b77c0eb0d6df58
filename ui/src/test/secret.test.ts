import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { makeKey, start } from "./app";
import { BODY, problem } from "./core";
import { CHECKSUM } from "./listing";

const WHOLE = `kst_team_${BODY}${CHECKSUM}`;

test("k3 the secret is shown whole, without added characters", async () => {
	const { user } = await start();
	const dialog = await makeKey(user, "ci-deploy-2");
	expect(within(dialog).getByRole("group", { name: "Secret" }).textContent).toBe(WHOLE);
});

test("k3 after Close nothing of the secret is left in the document, and its key is opened", async () => {
	const { user } = await start();
	await makeKey(user, "ci-deploy-2");
	await user.click(screen.getByRole("button", { name: "Close" }));
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
	expect(document.documentElement.outerHTML).not.toContain(BODY.slice(0, 4));
	expect(location.href).not.toContain(BODY);
	const panel = await screen.findByRole("region", { name: "Key details" });
	expect(await within(panel).findByText("ci-deploy-2")).toBeVisible();
});

test("k3 Escape closes the secret and only the secret", async () => {
	const { user } = await start();
	await makeKey(user, "ci-deploy-2");
	await user.keyboard("{Escape}");
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
	expect(document.documentElement.outerHTML).not.toContain(BODY.slice(0, 4));
	expect(await screen.findByRole("region", { name: "Key details" })).toBeVisible();
});

test("k3 a click beside the secret does not close it", async () => {
	const { user } = await start();
	await makeKey(user, "ci-deploy-2");
	const beside = document.querySelector("[data-dialog-overlay]");
	if (beside !== null) await user.click(beside);
	expect(screen.getByRole("group", { name: "Secret" })).toBeVisible();
});

test("k3 the secret is not in force until the server has confirmed its hash", async () => {
	const { core, user } = await start();
	await makeKey(user, "ci-deploy-2");
	expect(await screen.findByText("Not yet in force: waiting for the server")).toBeVisible();
	core.confirm();
	expect(await screen.findByText(/The server has its hash: in force since \d\d:\d\d:\d\d/)).toBeVisible();
});

test("k3 copying is done by the core and counts down; saving says where", async () => {
	const { core, user } = await start();
	await makeKey(user, "ci-deploy-2");
	await user.click(screen.getByRole("button", { name: "Copy" }));
	expect(await screen.findByText("Copied; leaves the clipboard in 30 s")).toBeVisible();
	await user.click(screen.getByRole("button", { name: "Download .txt" }));
	expect(await screen.findByText("Saved to /home/mara/Downloads/ci-deploy.txt")).toBeVisible();
	const given = core.asked.filter(({ command }) => command.endsWith("_secret")).map((asked) => asked.given);
	expect(JSON.stringify(given)).not.toContain(BODY);
});

test("k3 an error appears at its field, and what was typed stays", async () => {
	const { core, user } = await start((core) => {
		core.failing.set("create_key", problem("invalid_input", "There is a key of this name.", "name"));
	});
	await user.click(await screen.findByRole("button", { name: "New key" }));
	const name = await screen.findByRole("textbox", { name: "Name" });
	await user.type(name, "ci-deploy");
	await user.type(screen.getByRole("textbox", { name: "Description" }), "for the pipeline");
	await user.click(screen.getByRole("radio", { name: "90 days" }));
	await user.click(screen.getByRole("button", { name: "Create key" }));
	expect(await screen.findByText("There is a key of this name.")).toBeVisible();
	expect(name).toHaveAccessibleDescription(/There is a key of this name\./);
	await waitFor(() => expect(name).toHaveFocus());
	expect(name).toHaveValue("ci-deploy");
	core.failing.clear();
	await user.click(screen.getByRole("button", { name: "Create key" }));
	await screen.findByRole("dialog", { name: "Your new secret" });
	const asked = core.asked.filter(({ command }) => command === "create_key").at(-1);
	expect(asked?.given.draft).toMatchObject({
		kind: "team",
		name: "ci-deploy",
		description: "for the pipeline",
	});
	const { expiresAt } = asked?.given.draft as { expiresAt: string };
	expect(Math.round((Date.parse(expiresAt) - Date.now()) / 86_400_000)).toBe(90);
});

test("k3 offline a key can be made, and says that it waits", async () => {
	const { core, user } = await start();
	await screen.findByRole("grid");
	core.goOffline();
	await makeKey(user, "edge");
	expect(await screen.findByText(/^Not yet in force: you are offline/)).toBeVisible();
});

test("k3 a date that is not given, or over, is refused at its field, which gets the focus", async () => {
	const { core, user } = await start();
	await user.click(await screen.findByRole("button", { name: "New key" }));
	await user.type(await screen.findByRole("textbox", { name: "Name" }), "ci");
	await user.click(screen.getByRole("radio", { name: "Date" }));
	const day = screen.getByLabelText("Expires on");
	await user.click(screen.getByRole("button", { name: "Create key" }));
	await waitFor(() => expect(day).toHaveFocus());
	expect(day).toHaveAccessibleDescription(/^Choose a day, or choose Never\./);
	await user.type(day, "2020-02-29");
	await user.click(screen.getByRole("button", { name: "Create key" }));
	await waitFor(() => expect(day).toHaveAccessibleDescription(/^This day is over\./));
	expect(day).toHaveFocus();
	expect(core.asked.some(({ command }) => command === "create_key")).toBe(false);
	await user.clear(day);
	await user.type(day, "2031-03-01");
	expect(day).toBeValid();
	await user.click(screen.getByRole("button", { name: "Create key" }));
	await screen.findByRole("dialog", { name: "Your new secret" });
	const draft = core.asked.find(({ command }) => command === "create_key")?.given.draft;
	expect(draft).toMatchObject({ expiresAt: "2031-03-01T23:59:59.000Z" });
});

test("k3 an example of a name is a hint, not something that looks typed", async () => {
	const { user } = await start();
	await user.click(await screen.findByRole("button", { name: "New key" }));
	const name = await screen.findByRole("textbox", { name: "Name" });
	expect(name).not.toHaveAttribute("placeholder");
	expect(name).toHaveAccessibleDescription(/for example ci-deploy/);
});
