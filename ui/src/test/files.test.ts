import { emit } from "@tauri-apps/api/event";
import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { route } from "../route.svelte";
import { start } from "./app";
import { BODY, problem, type FakeCore } from "./core";
import { CHECKSUM } from "./listing";

const WHOLE = `kst_team_${BODY}${CHECKSUM}`;

function withFiles(core: FakeCore) {
	core.files.set("/home/mara/app/.env", `# keys\nKEY=${WHOLE}\n`);
	core.files.set("/home/mara/app/old.log", `kst_team_${BODY}1aQx9z`);
	core.files.set("/home/mara/app/readme", "nothing");
}

const result = () => screen.findByRole("region", { name: "Findings in files" });

async function drop(paths: string[]) {
	await screen.findByRole("textbox", { name: "Text to inspect" });
	// The listeners are there when the window's side has answered.
	await waitFor(() => expect(document.body).toBeVisible());
	await emit("tauri://drag-drop", { paths, position: { x: 1, y: 1 } });
}

test("k13 a dropped folder is searched by the core, and says which files hold what", async () => {
	const { core } = await start(withFiles, "inspect");
	await screen.findByRole("textbox", { name: "Text to inspect" });
	await emit("tauri://drag-enter", {});
	expect(await screen.findByText("Drop files or folders to inspect them")).toBeVisible();
	await drop(["/home/mara/app"]);
	const found = await result();
	expect(screen.queryByText("Drop files or folders to inspect them")).toBeNull();
	expect(
		within(found).getByText(/^2 found \(1 working, 1 not valid\)\s+in 3 files, 1\d\d bytes\./),
	).toBeVisible();
	const file = within(found).getByRole("article", { name: "/home/mara/app/.env" });
	expect(within(file).getByText("2:5")).toBeVisible();
	expect(within(file).getByText("Active")).toBeVisible();
	expect(within(file).getByText(/^A secret of ci-deploy, and it works\./)).toBeVisible();
	expect(found.textContent).not.toContain(BODY);
	expect(core.asked.find(({ command }) => command === "scan")?.given).toEqual({
		paths: ["/home/mara/app"],
	});
});

test("k13 from the result the key is shown, or revoked, and the result says so", async () => {
	const { user } = await start(withFiles, "inspect");
	await drop(["/home/mara/app/.env"]);
	const found = await result();
	await user.click(within(found).getByRole("button", { name: "Revoke key" }));
	const dialog = await screen.findByRole("dialog", { name: "Revoke ci-deploy" });
	await user.type(within(dialog).getByRole("textbox"), "ci-deploy");
	await user.click(within(dialog).getByRole("button", { name: "Revoke key" }));
	expect(await within(found).findByText("Revoked")).toBeVisible();
	expect(within(found).queryByText(/and it works/)).toBeNull();
	expect(within(found).queryByRole("button", { name: "Revoke key" })).toBeNull();
	await user.click(within(found).getByRole("button", { name: "Show key" }));
	expect(await screen.findByRole("region", { name: "Key details" })).toBeVisible();
});

test.each(["Choose files…", "Choose a folder…"])(
	"k13 %s asks the system and searches what was chosen",
	async (way) => {
		const { core, user } = await start(withFiles, "inspect");
		core.chosen = ["/home/mara/app/.env"];
		await user.click(await screen.findByRole("button", { name: way }));
		expect(within(await result()).getByRole("article", { name: "/home/mara/app/.env" })).toBeVisible();
	},
);

test("k13 choosing nothing changes nothing", async () => {
	const { core, user } = await start(withFiles, "inspect");
	await user.click(await screen.findByRole("button", { name: "Choose files…" }));
	await waitFor(() => expect(core.asked.map(({ command }) => command)).toContain("choose_files"));
	expect(core.asked.map(({ command }) => command)).not.toContain("scan");
});

test("k13 the clipboard is inspected without being shown", async () => {
	const { core, user } = await start(withFiles, "inspect");
	core.clipboard = `KEY=${WHOLE}`;
	await user.click(await screen.findByRole("button", { name: "Inspect the clipboard" }));
	expect(await screen.findByRole("article", { name: "ci-deploy" })).toBeVisible();
	expect(screen.getByText(/This is what the clipboard held/)).toBeVisible();
	expect(document.documentElement.outerHTML).not.toContain(BODY);
});

test("k13 a path that is typed leads to its folder, by keyboard alone", async () => {
	const { user } = await start(withFiles, "inspect");
	const field = await screen.findByRole("textbox", { name: "Text to inspect" });
	await waitFor(() => expect(field).toHaveFocus());
	await user.paste("/home/mara/app");
	const offer = await screen.findByRole("button", { name: "Inspect this folder" });
	offer.focus();
	await user.keyboard("{Enter}");
	expect(within(await result()).getAllByRole("article")).toHaveLength(2);
});

test("k13 a search says how far it is, and is cancelled", async () => {
	let answer: (value: unknown) => void = () => {};
	const { core, user } = await start((core) => {
		withFiles(core);
		core.held.set("scan", new Promise((settle) => (answer = settle)));
		core.scanned = { cancelled: true };
	}, "inspect");
	await drop(["/home/mara/app"]);
	await screen.findByText("Looking for files…");
	core.tellProgress({
		files: 4_210,
		totalFiles: 12_400,
		bytes: 4_130_000,
		findings: 2,
		path: "/home/mara/app/a",
	});
	expect(await screen.findByText(/^4,210\s+of 12,400 files,\s+4\.1 MB, 2 found$/)).toBeVisible();
	const bar = screen.getByRole("progressbar", { name: "Files searched" });
	expect(bar).toHaveAttribute("aria-valuenow", "4210");
	expect(bar).toHaveAttribute("aria-valuemax", "12400");
	await user.click(screen.getByRole("button", { name: "Cancel search" }));
	expect(core.asked.map(({ command }) => command)).toContain("cancel_scan");
	answer(null);
	expect(
		within(await result()).getByText(/The search was cancelled; the rest was not searched\./),
	).toBeVisible();
});

test("k13 what was not searched is named, and why", async () => {
	const { user } = await start((core) => {
		withFiles(core);
		core.scanned = {
			skipped: [
				{ path: "/home/mara/app/disk.img", reason: "too_large", sentence: "Not searched: its size." },
			],
			skipCounts: { tooLarge: 1, unreadable: 0, special: 1, links: 2 },
		};
	}, "inspect");
	await drop(["/home/mara/app/readme"]);
	const found = await result();
	expect(within(found).getByText(/^Nothing found\s+in 1 file, 7 bytes\./)).toBeVisible();
	await user.click(within(found).getByText("1 file was not searched whole"));
	expect(within(found).getByText("/home/mara/app/disk.img")).toBeVisible();
	expect(within(found).getByText(/1 device, socket or pipe and 2 links passed over/)).toBeVisible();
});

test("k13 a search that fails says why, and is tried again", async () => {
	const { core, user } = await start((core) => {
		withFiles(core);
		core.failing.set("scan", problem("unexpected", "The search could not start its threads."));
	}, "inspect");
	await drop(["/home/mara/app"]);
	expect(await screen.findByRole("alert")).toHaveTextContent("The search could not start its threads.");
	core.failing.clear();
	await user.click(screen.getByRole("button", { name: "Try again" }));
	expect(await result()).toBeVisible();
});

test("k13 offline the result is as of the last sync", async () => {
	const { core } = await start(withFiles, "inspect");
	core.goOffline();
	await drop(["/home/mara/app"]);
	await result();
	expect(
		screen.getByText(/^Offline since \d\d:\d\d\. Answers are as of the last sync, \d\d:\d\d\.$/),
	).toBeVisible();
});

test("k13 leaving the screen ends the search", async () => {
	const { core } = await start((core) => {
		withFiles(core);
		core.held.set("scan", new Promise(() => {}));
	}, "inspect");
	await drop(["/home/mara/app"]);
	await screen.findByText("Looking for files…");
	route.go("keys");
	await screen.findByRole("grid");
	expect(core.asked.map(({ command }) => command)).toContain("cancel_scan");
});
