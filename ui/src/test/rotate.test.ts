import { screen, waitFor, within } from "@testing-library/svelte";
import type { UserEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";
import { start } from "./app";
import { BODY, problem, type FakeCore } from "./core";
import { northwind } from "./sample";

const HOUR = 3_600_000;
const notices = () => screen.getByRole("status", { name: "Notices" });
const panel = () => screen.findByRole("region", { name: "Key details" });
const asked = (core: FakeCore, command: string) => core.asked.filter((one) => one.command === command);
const inUse = (core: FakeCore) =>
	core.rotating("ci-deploy", { began: 40 * HOUR, oldUsed: 3 * HOUR, newUsed: 60_000 });
const drained = (core: FakeCore) =>
	core.rotating("ci-deploy", { began: 120 * HOUR, oldUsed: 30 * HOUR, newUsed: 60_000 });

async function openKey(user: UserEvent, name = "ci-deploy") {
	await user.click(await screen.findByRole("row", { name: new RegExp(name) }));
	await within(await panel()).findByRole("button", { name: "Edit" });
	return panel();
}

async function rotate(user: UserEvent) {
	await user.click(within(await openKey(user)).getByRole("button", { name: "Rotate…" }));
	return screen.findByRole("dialog", { name: "Rotate ci-deploy" });
}

const rotation = async () => within(await panel()).findByRole("region", { name: "Rotation" });

test("k7 rotating makes a new secret, shows it once, and then both are watched", async () => {
	const { core, user } = await start();
	const dialog = await rotate(user);
	const group = within(dialog).getByRole("group", { name: "How long should both secrets work?" });
	expect(
		within(group)
			.getAllByRole("radio")
			.map((radio) => radio.closest("label")?.textContent.trim()),
	).toEqual(["At once", "1 day", "7 days", "30 days", "90 days", "Other"]);
	expect(within(group).getByRole("radio", { name: "7 days" })).toBeChecked();
	expect(within(dialog).getByText(/^The safe order: make the new secret now/)).toBeVisible();
	await user.click(within(dialog).getByRole("button", { name: "Rotate" }));
	const moment = await screen.findByRole("dialog", { name: "Your new secret" });
	expect(within(moment).getByRole("group", { name: "Secret" })).toHaveTextContent(BODY.slice(0, 4));
	expect(asked(core, "rotate_key")[0]?.given).toMatchObject({ overlapSeconds: 604_800 });
	expect(await within(moment).findByText(/^The server has its hash: in force since/)).toBeVisible();
	await user.click(within(moment).getByRole("button", { name: "Close" }));
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
	expect(document.documentElement.outerHTML).not.toContain(BODY.slice(0, 4));
	const card = await rotation();
	expect(card).toHaveTextContent("The old secret was never used since the rotation began.");
	expect(within(card).queryByText(/you can finish/)).toBeNull();
	const secrets = within(await panel()).getByRole("list", { name: "Secrets that work" });
	expect(within(secrets).getAllByRole("listitem")).toHaveLength(2);
	expect(within(secrets).getByText(/^Ends/)).toHaveTextContent("Ends in 7 days");
	expect(within(secrets).getAllByRole("button", { name: /^Copy …/ })).toHaveLength(2);
	expect(within(await panel()).getByRole("heading", { name: /^ci-deploy Rotating$/ })).toBeVisible();
});

test("k7 at once warns that everything using the old secret stops", async () => {
	const { core, user } = await start();
	const dialog = await rotate(user);
	await user.click(within(dialog).getByRole("radio", { name: "At once" }));
	expect(within(dialog).getByText(/^Everything that uses the old secret stops working/)).toBeVisible();
	await user.click(within(dialog).getByRole("button", { name: "Rotate" }));
	await screen.findByRole("dialog", { name: "Your new secret" });
	expect(asked(core, "rotate_key")[0]?.given).toMatchObject({ overlapSeconds: 0 });
	await user.click(screen.getByRole("button", { name: "Close" }));
	const details = await panel();
	await user.click(await within(details).findByText("1 ended secret"));
	const ended = within(details).getByRole("list", { name: "Ended secrets" });
	expect(ended).toHaveTextContent("Ended now");
	expect(within(ended).queryByRole("button")).toBeNull();
	expect(within(details).queryByRole("region", { name: "Rotation" })).toBeNull();
});

test("k7 another time is typed, and what the core refuses is said at it", async () => {
	const { core, user } = await start();
	const dialog = await rotate(user);
	await user.click(within(dialog).getByRole("radio", { name: "Other" }));
	const amount = within(dialog).getByRole("textbox", { name: "How long" });
	await user.type(amount, "soon{Enter}");
	await waitFor(() => expect(amount).toHaveAccessibleDescription("Write a whole number."));
	expect(amount).toHaveFocus();
	await user.clear(amount);
	await user.type(amount, "91{Enter}");
	await waitFor(() => expect(amount).toHaveAccessibleDescription(/for 90 days at the most/));
	await user.clear(amount);
	await user.type(amount, "36");
	await user.click(within(dialog).getByRole("radio", { name: "Hours" }));
	await user.click(within(dialog).getByRole("button", { name: "Rotate" }));
	await screen.findByRole("dialog", { name: "Your new secret" });
	expect(asked(core, "rotate_key").map(({ given }) => given["overlapSeconds"])).toEqual([
		7_862_400, 129_600,
	]);
});

test("k7 the rotation says in a sentence and side by side who uses which secret", async () => {
	const { user } = await start(inUse);
	await openKey(user);
	const card = await rotation();
	expect(card).toHaveTextContent("The old secret was last used 3 h ago from 10.0.0.7.");
	const table = within(card).getByRole("table", { name: "Both secrets, as of the last sync" });
	expect(
		within(table)
			.getAllByRole("row")
			.map((row) =>
				[...row.children]
					.map((cell) => cell.textContent.trim())
					.join(" ")
					.trim(),
			),
	).toEqual([
		"Old …Qw9z New …9fQa",
		"Requests 48,210 1,204",
		"Last used 3 h ago 1 min ago",
		"From 10.0.0.7 10.0.0.9",
	]);
	expect(card).toHaveTextContent(/The old secret ends by itself .*, in 5 days\./);
	const still = await within(card).findByRole("list", { name: "Where the old secret is still used" });
	expect(still).toHaveTextContent("10.0.0.7 312 requests, last 3 h ago");
	expect(within(card).queryByText(/you can finish/)).toBeNull();
});

test("k7 the traffic of both is a chart, and a table for those who read", async () => {
	const { core, user } = await start(inUse);
	await openKey(user);
	const card = await rotation();
	const name = "Requests with either secret, last 48 hours";
	expect(await within(card).findByRole("img", { name })).toBeVisible();
	expect(within(card).getByRole("list", { name: "Lines" })).toHaveTextContent(/^old …Qw9z\s*new …9fQa$/);
	expect(asked(core, "key_usage")[0]?.given).toMatchObject({ hours: 48 });
	await user.click(within(card).getByRole("button", { name: "Show as table" }));
	const table = within(within(card).getByRole("region", { name: `${name}, as a table` })).getByRole(
		"table",
	);
	expect(within(table).getAllByRole("row")).toHaveLength(49);
	expect(
		within(table)
			.getAllByRole("columnheader")
			.map((head) => head.textContent),
	).toEqual(["Hour", "old …Qw9z", "new …9fQa"]);
	await user.click(within(card).getByRole("button", { name: "Show as chart" }));
	expect(within(card).getByRole("img", { name })).toBeVisible();
});

test("k7 the old secret is retired once drained", async () => {
	const { core, user } = await start(drained);
	await openKey(user);
	const card = await rotation();
	expect(within(card).getByText("Nobody has used the old secret for a day: you can finish.")).toBeVisible();
	await user.click(within(card).getByRole("button", { name: "Finish now" }));
	const dialog = await screen.findByRole("dialog", { name: "Finish the rotation of ci-deploy" });
	expect(within(dialog).queryByText(/may still be used/)).toBeNull();
	await user.click(within(dialog).getByRole("button", { name: "Finish now" }));
	expect(await within(notices()).findByText("The rotation of ci-deploy is finished.")).toBeVisible();
	await waitFor(() => expect(screen.queryByRole("region", { name: "Rotation" })).toBeNull());
	expect(within(await panel()).getByRole("heading", { name: /^ci-deploy Active$/ })).toBeVisible();
	expect(core.keys.find(({ name }) => name === "ci-deploy")?.lastFour).toBe("9fQa");
});

test("k7 finishing while the old secret is used says when and from where", async () => {
	const { user } = await start(inUse);
	await openKey(user);
	await user.click(within(await rotation()).getByRole("button", { name: "Finish now" }));
	const dialog = await screen.findByRole("dialog", { name: "Finish the rotation of ci-deploy" });
	expect(
		within(dialog)
			.getByText(/may still be used/)
			.closest("p"),
	).toHaveTextContent(
		"The old secret may still be used: last 3 h ago from 10.0.0.7, 48,210 requests so far.",
	);
	await user.click(within(dialog).getByRole("button", { name: "Cancel" }));
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});

test("k7 extending gives the old secret more time, and the core says how much is too much", async () => {
	const { core, user } = await start(inUse);
	await openKey(user);
	await user.click(within(await rotation()).getByRole("button", { name: "Extend…" }));
	const dialog = await screen.findByRole("dialog", { name: "Extend the rotation of ci-deploy" });
	expect(within(dialog).queryByRole("radio", { name: "At once" })).toBeNull();
	await user.click(within(dialog).getByRole("radio", { name: "Other" }));
	const amount = within(dialog).getByRole("textbox", { name: "How long" });
	await user.type(amount, "91{Enter}");
	await waitFor(() => expect(amount).toHaveAccessibleDescription(/for 90 days at the most/));
	await user.click(within(dialog).getByRole("radio", { name: "30 days" }));
	await user.click(within(dialog).getByRole("button", { name: "Extend" }));
	expect(await within(notices()).findByText("The rotation of ci-deploy is extended.")).toBeVisible();
	expect(asked(core, "step_rotation").at(-1)?.given).toMatchObject({
		step: { type: "extend", overlap_seconds: 2_592_000 },
	});
	await waitFor(async () => expect(await rotation()).toHaveTextContent(/, in 30 days\./));
});

test("k7 rolling back ends the new secret, and the old one stays", async () => {
	const { core, user } = await start(inUse);
	await openKey(user);
	await user.click(within(await rotation()).getByRole("button", { name: "Roll back" }));
	const dialog = await screen.findByRole("dialog", { name: "Roll back the rotation of ci-deploy" });
	expect(
		within(dialog)
			.getByText(/^The new secret is in use/)
			.closest("p"),
	).toHaveTextContent("The new secret is in use: last 1 min ago from 10.0.0.9, 1,204 requests so far.");
	await user.click(within(dialog).getByRole("button", { name: "Roll back" }));
	expect(await within(notices()).findByText("The rotation of ci-deploy is rolled back.")).toBeVisible();
	expect(core.keys.find(({ name }) => name === "ci-deploy")?.lastFour).toBe("Qw9z");
	await waitFor(() => expect(screen.queryByRole("region", { name: "Rotation" })).toBeNull());
});

test("k7 offline the chart says who counts, and the acts wait", async () => {
	const { core, user } = await start((core) => {
		inUse(core);
		core.sync = { ...core.sync, state: "offline" };
	});
	await openKey(user);
	const card = await rotation();
	expect(await within(card).findByText(/You are offline: the server counts the traffic/)).toBeVisible();
	expect(card).toHaveTextContent("The old secret was last used 3 h ago from 10.0.0.7.");
	await user.click(within(card).getByRole("button", { name: "Finish now" }));
	const dialog = await screen.findByRole("dialog", { name: "Finish the rotation of ci-deploy" });
	expect(within(dialog).getByText("You are offline: in force once the server confirms it.")).toBeVisible();
	await user.click(within(dialog).getByRole("button", { name: "Finish now" }));
	const details = await panel();
	expect(
		await within(details).findByText(/^Finished here, not yet in force: the old secret works/),
	).toBeVisible();
	expect(within(details).getByText("finish not yet in force")).toBeVisible();
	await user.click(screen.getByRole("button", { name: /1 change waiting/ }));
	expect(await screen.findByText("Finish the rotation of ci-deploy")).toBeVisible();
	core.confirm();
	await waitFor(() => expect(screen.queryByRole("region", { name: "Rotation" })).toBeNull());
});

test("k7 offline a new secret is made, waits, and dropping it says what is lost", async () => {
	const { core, user } = await start();
	await screen.findByRole("row", { name: /ci-deploy/ });
	core.goOffline();
	await user.click(within(await rotate(user)).getByRole("button", { name: "Rotate" }));
	const moment = await screen.findByRole("dialog", { name: "Your new secret" });
	expect(await within(moment).findByText(/^Not yet in force: you are offline/)).toBeVisible();
	await user.click(within(moment).getByRole("button", { name: "Close" }));
	const details = await panel();
	expect(await within(details).findByText(/^Rotated here, not yet in force/)).toBeVisible();
	expect(within(details).getByText("new secret not yet in force")).toBeVisible();
	expect(within(details).getByRole("button", { name: "Rotate…" })).toHaveAccessibleDescription(
		"Its rotation waits for the server already.",
	);
	await user.click(screen.getByRole("button", { name: /1 change waiting/ }));
	await user.click(await screen.findByRole("button", { name: "Drop: Rotate ci-deploy" }));
	expect(await screen.findByText(/^The new secret will never work/)).toBeVisible();
});

test("k7 who may not rotate is told who may", async () => {
	const { user } = await start((core) => {
		inUse(core);
		core.connections = [{ ...northwind, role: "viewer" }];
	});
	const details = await openKey(user);
	expect(within(details).getByRole("button", { name: "Rotate…" })).toHaveAccessibleDescription(
		"Owners and Admins may rotate keys. Ask one of them.",
	);
	for (const name of ["Extend…", "Roll back", "Finish now"])
		expect(within(details).getByRole("button", { name })).toHaveAccessibleDescription(
			"Owners and Admins may rotate keys. Ask one of them.",
		);
});

test("k7 traffic that cannot be read says why, and is read again", async () => {
	const { core, user } = await start((core) => {
		inUse(core);
		core.failing.set("key_usage", problem("unexpected", "The server failed."));
	});
	await openKey(user);
	const card = await rotation();
	expect(await within(card).findByText("The traffic could not be read. The server failed.")).toBeVisible();
	core.failing.clear();
	await user.click(within(card).getByRole("button", { name: "Try again" }));
	expect(await within(card).findByRole("img")).toBeVisible();
});
