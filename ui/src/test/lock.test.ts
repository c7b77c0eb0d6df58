import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { makeKey, start } from "./app";
import { BODY, problem, type FakeCore } from "./core";

function ready(core: FakeCore) {
	core.lock = { locked: false, ready: true, afterMinutes: 5, onSleep: true };
}

test("o5 switching the lock on asks for a passphrase, twice", async () => {
	const { core, user } = await start(() => {}, "preferences");
	await user.click(await screen.findByRole("button", { name: "Set the lock…" }));
	const dialog = await screen.findByRole("dialog", { name: "Lock Keystead" });
	expect(within(dialog).getByRole("radio", { name: "15 min" })).toBeChecked();
	expect(within(dialog).getByRole("checkbox", { name: "When the computer sleeps" })).toBeChecked();
	await user.click(within(dialog).getByRole("radio", { name: "5 min" }));
	await user.type(within(dialog).getByLabelText("Passphrase"), "seven new words");
	await user.click(within(dialog).getByRole("button", { name: "Set the lock" }));
	expect(within(dialog).getByText("The two passphrases differ.")).toBeVisible();
	await user.type(within(dialog).getByLabelText("Repeat passphrase"), "seven new words");
	await user.click(within(dialog).getByRole("button", { name: "Set the lock" }));
	expect(await screen.findByText("After 5 min, and when the computer sleeps")).toBeVisible();
	expect(core.asked.find(({ command }) => command === "set_lock")?.given.wish).toEqual({
		afterMinutes: 5,
		onSleep: true,
		current: null,
		passphrase: "seven new words",
	});
});

test("o5 switching the lock off asks for its passphrase", async () => {
	const { core, user } = await start((core) => {
		ready(core);
		core.failing.set("set_lock", problem("invalid_input", "This is not the passphrase.", "current"));
	}, "preferences");
	await user.click(await screen.findByRole("button", { name: "Set the lock…" }));
	await user.click(await screen.findByRole("radio", { name: "Never" }));
	await user.click(screen.getByRole("checkbox", { name: "When the computer sleeps" }));
	await user.click(screen.getByRole("button", { name: "Switch the lock off" }));
	expect(await screen.findByText("This is not the passphrase.")).toBeVisible();
	expect(screen.getByLabelText("Current passphrase")).toBeInvalid();
	core.failing.clear();
	await user.type(screen.getByLabelText("Current passphrase"), "seven new words");
	await user.click(screen.getByRole("button", { name: "Switch the lock off" }));
	expect(await screen.findByText("Never")).toBeVisible();
});

test("o5 the lock's passphrase is changed by who knows it, and its times stay", async () => {
	const { core, user } = await start(ready, "preferences");
	await user.click(await screen.findByRole("button", { name: "Change passphrase…" }));
	await user.type(await screen.findByLabelText("Current passphrase"), "seven old words");
	await user.type(screen.getByLabelText("New passphrase"), "seven new words");
	await user.type(screen.getByLabelText("Repeat new passphrase"), "seven new words");
	await user.click(screen.getByRole("button", { name: "Change passphrase" }));
	expect(await screen.findByText("The lock has its new passphrase.")).toBeVisible();
	expect(core.asked.find(({ command }) => command === "set_lock")?.given.wish).toEqual({
		afterMinutes: 5,
		onSleep: true,
		current: "seven old words",
		passphrase: "seven new words",
	});
});

test("o5 in a vault the lock needs no passphrase of its own", async () => {
	const { core, user } = await start((core) => {
		core.keychain = { kind: "vault", unlocked: true };
		core.lock = { locked: false, ready: true, afterMinutes: null, onSleep: true };
	}, "preferences");
	expect(await screen.findByText("When the computer sleeps")).toBeVisible();
	await user.click(screen.getByRole("button", { name: "Set the lock…" }));
	await user.click(await screen.findByRole("radio", { name: "1 hour" }));
	expect(screen.queryByLabelText("Current passphrase")).toBeNull();
	await user.click(screen.getByRole("button", { name: "Set the lock" }));
	expect(await screen.findByText("After 1 hour, and when the computer sleeps")).toBeVisible();
	expect(core.lock.afterMinutes).toBe(60);
});

test("o5 locked, nothing of the screens is left in the page, and the passphrase brings them back", async () => {
	const { core, user } = await start(ready);
	await makeKey(user, "ci-deploy-2");
	expect(document.documentElement.outerHTML).toContain(BODY.slice(0, 4));
	core.goLocked();
	expect(await screen.findByRole("heading", { name: "Keystead is locked" })).toBeVisible();
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
	expect(document.documentElement.outerHTML).not.toContain(BODY.slice(0, 4));
	expect(document.documentElement.outerHTML).not.toContain("ci-deploy");
	const field = screen.getByLabelText("Passphrase");
	await waitFor(() => expect(field).toHaveFocus());
	core.failing.set("unlock", problem("invalid_input", "This is not the passphrase.", "passphrase"));
	await user.keyboard("wrong{Enter}");
	expect(await screen.findByText("This is not the passphrase.")).toBeVisible();
	expect(field).toBeInvalid();
	core.failing.clear();
	await user.click(screen.getByRole("button", { name: "Unlock" }));
	expect(await screen.findByRole("heading", { level: 1, name: "Keys" })).toBeVisible();
	expect(screen.queryByRole("dialog")).toBeNull();
});

test("o5 a paste in Inspect does not outlive the lock", async () => {
	const { user } = await start(ready, "inspect");
	await user.click(await screen.findByRole("textbox"));
	await user.paste(`kst_team_${BODY}1aQw9z`);
	await screen.findByRole("article");
	await user.keyboard("{Control>}l{/Control}");
	expect(await screen.findByRole("heading", { name: "Keystead is locked" })).toBeVisible();
	await user.type(screen.getByLabelText("Passphrase"), "seven new words{Enter}");
	expect(await screen.findByRole("heading", { level: 1, name: "Inspect" })).toBeVisible();
	expect(screen.getByRole("textbox")).toHaveValue("");
});

test("o5 it is locked from the palette", async () => {
	const { user } = await start(ready);
	await screen.findByRole("grid");
	await user.keyboard("{Control>}k{/Control}");
	await screen.findByRole("combobox");
	await user.keyboard("lock now{Enter}");
	expect(await screen.findByRole("heading", { name: "Keystead is locked" })).toBeVisible();
});

test("o5 started locked, no workspace is opened", async () => {
	const { core } = await start((core) => {
		ready(core);
		core.lock = { ...core.lock, locked: true };
	});
	expect(await screen.findByRole("heading", { name: "Keystead is locked" })).toBeVisible();
	expect(core.asked.map(({ command }) => command)).toEqual(["boot"]);
});

test("o5 without a passphrase it says what is missing instead of locking", async () => {
	const { user } = await start();
	await screen.findByRole("grid");
	await user.keyboard("{Control>}l{/Control}");
	expect(await screen.findByText("Set a passphrase for the lock first.")).toBeVisible();
	expect(screen.getByRole("heading", { level: 1, name: "Keys" })).toBeVisible();
});

test("o5 the core is told of a hand on the window only while that matters, and seldom", async () => {
	const { core, user } = await start(ready);
	await screen.findByRole("grid");
	await user.keyboard("a");
	await user.keyboard("b");
	const touches = () => core.asked.filter(({ command }) => command === "touch").length;
	await waitFor(() => expect(touches()).toBe(1));
	core.goLocked();
	await screen.findByRole("heading", { name: "Keystead is locked" });
	await user.keyboard("c");
	expect(touches()).toBe(1);
});

test("o5 where nothing locks when idle, no hand is told of", async () => {
	const { core, user } = await start();
	await screen.findByRole("grid");
	await user.keyboard("a");
	expect(core.asked.map(({ command }) => command)).not.toContain("touch");
});
