import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { route } from "../route.svelte";
import { start } from "./app";
import { BODY } from "./core";
import { CHECKSUM } from "./listing";

const WHOLE = `kst_team_${BODY}${CHECKSUM}`;

async function paste(text: string) {
	const begun = await start(() => {}, "inspect");
	const field = await screen.findByRole("textbox", { name: "Text to inspect" });
	await waitFor(() => expect(field).toHaveFocus());
	await begun.user.paste(text);
	return { ...begun, field };
}

test("k13 a pasted line says whose key it is, without showing the secret again", async () => {
	const { user } = await paste(`export API_KEY=${WHOLE}`);
	const card = await screen.findByRole("article", { name: "ci-deploy" });
	expect(within(card).getByText("Active")).toBeVisible();
	expect(within(card).getByText("Team key, checksum right, current secret")).toBeVisible();
	expect(card.textContent).not.toContain(BODY);
	await user.click(within(card).getByRole("button", { name: "Open key" }));
	expect(await screen.findByRole("region", { name: "Key details" })).toBeVisible();
});

test("k13 in step with the server it says that the secret works", async () => {
	await paste(WHOLE);
	expect(await screen.findByText(/^A secret of ci-deploy, and it works\./)).toBeVisible();
});

test("k13 offline it says as of when it worked, and still revokes", async () => {
	const { core } = await paste(WHOLE);
	core.goOffline();
	expect(
		await screen.findByText(/^Offline since \d\d:\d\d\. Answers are as of the last sync, \d\d:\d\d\.$/),
	).toBeVisible();
	expect(
		await screen.findByText(/^A secret of ci-deploy\. It worked at the last sync, \d\d:\d\d\./),
	).toBeVisible();
	expect(screen.queryByText(/and it works/)).toBeNull();
	expect(await screen.findByRole("button", { name: "Revoke key" })).toBeVisible();
});

test("k13 offline an edit that waits changes nothing of whether the secret worked", async () => {
	const { core } = await paste(WHOLE);
	core.goOffline();
	const [first] = core.keys;
	if (first) core.queueEdit(first, { name: "release-deploy" });
	expect(await screen.findByText(/^A secret of release-deploy\. It worked at the last sync/)).toBeVisible();
});

test.each(["signed_out", "failed"] as const)("k13 %s, the answer is as of the last sync", async (state) => {
	const { core } = await paste(WHOLE);
	core.sync = { ...core.sync, state };
	core.announce(["sync"]);
	expect(await screen.findByText(/It worked at the last sync/)).toBeVisible();
});

test("k13 while a download runs, the answer is as of the last sync", async () => {
	const { core } = await paste(WHOLE);
	core.sync = { ...core.sync, state: "syncing", progress: { done: 1, total: 9 } };
	core.announce(["sync"]);
	expect(await screen.findByText(/It worked at the last sync/)).toBeVisible();
});

test("k13 a wrong checksum is said", async () => {
	await paste(`kst_team_${BODY}1aQx9z`);
	expect(await screen.findByText("Checksum wrong")).toBeVisible();
	expect(screen.queryByRole("button", { name: "Open key" })).toBeNull();
});

test("k13 what is none of ours is said", async () => {
	await paste("nothing to see");
	expect(await screen.findByText(/No Keystead secret in 14 characters\./)).toBeVisible();
});

test("k13 leaving the screen forgets what was pasted", async () => {
	await paste(`export API_KEY=${WHOLE}`);
	await screen.findByRole("article", { name: "ci-deploy" });
	route.go("keys");
	await screen.findByRole("grid");
	route.go("inspect");
	expect(await screen.findByRole("textbox", { name: "Text to inspect" })).toHaveValue("");
	expect(document.documentElement.outerHTML).not.toContain(BODY.slice(0, 6));
});
