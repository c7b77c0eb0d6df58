import { screen, waitFor, within } from "@testing-library/svelte";
import type { UserEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";
import { start } from "./app";
import { problem, type FakeCore } from "./core";

const panel = () => screen.findByRole("region", { name: "Key details" });
const notices = () => screen.getByRole("status", { name: "Notices" });
const drafts = (core: FakeCore, command: string) =>
	core.asked.filter((one) => one.command === command).map(({ given }) => given.draft);

/** ci-deploy with a limit. */
function limited(core: FakeCore, requestsPerMinute: number | null) {
	core.keys = core.keys.map((key) => (key.name === "ci-deploy" ? { ...key, requestsPerMinute } : key));
	const row = core.keys.find(({ name }) => name === "ci-deploy");
	if (row === undefined) throw new Error("no ci-deploy");
	return row;
}

async function editLimit(user: UserEvent) {
	await user.click(await screen.findByRole("row", { name: /ci-deploy/ }));
	await user.click(await within(await panel()).findByRole("button", { name: "Edit" }));
	return within(await screen.findByRole("dialog", { name: "Edit ci-deploy" })).findByRole("textbox", {
		name: /^Limit/,
	});
}

const save = (user: UserEvent) => user.click(screen.getByRole("button", { name: "Save changes" }));

test("k14 a key is made with a limit, and its panel tells it", async () => {
	const { core, user } = await start();
	await user.click(await screen.findByRole("button", { name: "New key" }));
	await user.type(await screen.findByRole("textbox", { name: "Name" }), "batch");
	const limit = screen.getByRole("textbox", { name: /^Limit/ });
	await user.type(limit, "a few");
	await user.click(screen.getByRole("button", { name: "Create key" }));
	await waitFor(() => expect(limit).toHaveAccessibleDescription(/^Write a whole number/));
	expect(drafts(core, "create_key")).toEqual([]);
	await user.clear(limit);
	await user.type(limit, "1,200");
	await user.click(screen.getByRole("button", { name: "Create key" }));
	await waitFor(() => expect(drafts(core, "create_key")).toMatchObject([{ requestsPerMinute: 1200 }]));
	expect(core.keys.find(({ name }) => name === "batch")?.requestsPerMinute).toBe(1200);
});

test("k14 a limit is edited and taken away", async () => {
	const { core, user } = await start((core) => void limited(core, 60));
	const limit = await editLimit(user);
	expect(limit).toHaveValue("60");
	expect(within(await panel()).getByText("60 requests a minute")).toBeVisible();
	await user.clear(limit);
	await user.type(limit, "600");
	await save(user);
	expect(await within(notices()).findByText("ci-deploy is changed.")).toBeVisible();
	expect(await within(await panel()).findByText("600 requests a minute")).toBeVisible();
	expect(drafts(core, "edit_key")).toMatchObject([
		{ seen: { requestsPerMinute: 60 }, made: { name: "ci-deploy", requestsPerMinute: 600 } },
	]);
	await user.click(await within(await panel()).findByRole("button", { name: "Edit" }));
	await user.clear(await screen.findByRole("textbox", { name: /^Limit/ }));
	await save(user);
	expect(await within(await panel()).findByText("no limit")).toBeVisible();
});

test("k14 what the core refuses as a limit stands at its field", async () => {
	const { core, user } = await start();
	const said = "A key's limit is a whole number of requests a minute, from 1 to 1,000,000.";
	core.failing.set("edit_key", problem("invalid_input", said, "requestsPerMinute"));
	const limit = await editLimit(user);
	await user.type(limit, "0");
	await save(user);
	await waitFor(() => expect(limit).toHaveAccessibleDescription(new RegExp(said)));
	expect(drafts(core, "edit_key")).toMatchObject([{ made: { requestsPerMinute: 0 } }]);
});

test("k14 a limit that both changed is decided like any field", async () => {
	const { core, user } = await start((core) => {
		const row = limited(core, 60);
		core.queueEdit(row, { requestsPerMinute: 600 });
		core.editElsewhere(row.id, { requestsPerMinute: null });
		core.confirm();
	});
	await user.click(await screen.findByRole("row", { name: /ci-deploy/ }));
	await user.click(await screen.findByRole("button", { name: "Decide…" }));
	const group = await screen.findByRole("group", { name: "Limit" });
	expect(within(group).getByText("Before").nextElementSibling).toHaveTextContent("60 requests a minute");
	expect(within(group).getByRole("radio", { name: "Mine" })).toHaveAccessibleDescription(
		"600 requests a minute",
	);
	expect(within(group).getByRole("radio", { name: "Theirs" })).toHaveAccessibleDescription("no limit");
	await user.click(within(group).getByRole("radio", { name: "Another wording" }));
	const other = within(group).getByRole("textbox", { name: "New limit" });
	expect(other).toHaveValue("600");
	await user.clear(other);
	await user.type(other, "300x");
	expect(other).toHaveAccessibleDescription(/Write a whole number/);
	await user.type(other, "{Backspace}");
	await user.click(screen.getByRole("button", { name: "Decide" }));
	expect(await within(notices()).findByText("ci-deploy is changed.")).toBeVisible();
	expect(drafts(core, "decide_edit")).toMatchObject([
		{ seen: { requestsPerMinute: null }, made: { requestsPerMinute: 300 } },
	]);
});
