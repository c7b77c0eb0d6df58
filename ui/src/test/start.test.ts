import { cleanup, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { start } from "./app";
import { problem, type FakeCore } from "./core";
import { here, northwind } from "./sample";

function fresh(core: FakeCore) {
	core.connections = [];
	core.current = null;
}

async function toServer(arrange: (core: FakeCore) => void = () => {}) {
	const begun = await start((core) => {
		fresh(core);
		arrange(core);
	});
	await begun.user.click(await screen.findByRole("radio", { name: "Connect to a server" }));
	await begun.user.click(screen.getByRole("button", { name: "Continue" }));
	await begun.user.type(
		await screen.findByRole("textbox", { name: "Server address" }),
		"keys.northwind.example",
	);
	await begun.user.click(screen.getByRole("button", { name: "Connect" }));
	return begun;
}

test("first start on this computer leads to the keys by keyboard alone", async () => {
	const { core, user } = await start(fresh);
	expect(await screen.findByRole("radio", { name: "On this computer" })).toBeChecked();
	await user.keyboard("{Enter}");
	const name = await screen.findByRole("textbox", { name: "Your name" });
	expect(name).toHaveFocus();
	expect(screen.getByRole("textbox", { name: "Workspace name" })).toHaveValue("My workspace");
	await user.keyboard("Mara Lindqvist{Enter}");
	expect(await screen.findByRole("heading", { level: 1, name: "Keys" })).toBeVisible();
	expect(core.asked.find(({ command }) => command === "start_here")?.given).toEqual({
		request: { organizationName: "My workspace", yourName: "Mara Lindqvist" },
	});
});

test("an error of the first start stands at its field", async () => {
	const { user } = await start((core) => {
		fresh(core);
		core.failing.set("start_here", problem("invalid_input", "Say your name.", "your_name"));
	});
	await user.click(await screen.findByRole("button", { name: "Continue" }));
	await user.click(await screen.findByRole("button", { name: "Start" }));
	expect(await screen.findByText("Say your name.")).toBeVisible();
	const name = screen.getByRole("textbox", { name: "Your name" });
	expect(name).toBeInvalid();
	await waitFor(() => expect(name).toHaveFocus());
});

test("going back from a form of the first start and forth again loses nothing", async () => {
	const { user } = await start(fresh);
	await user.click(await screen.findByRole("button", { name: "Continue" }));
	await user.type(await screen.findByRole("textbox", { name: "Your name" }), "Mara Lindqvist");
	await user.click(screen.getByRole("button", { name: "Cancel" }));
	await user.click(await screen.findByRole("radio", { name: "Connect to a server" }));
	await user.click(screen.getByRole("button", { name: "Continue" }));
	const address = await screen.findByRole("textbox", { name: "Server address" });
	expect(address).not.toHaveAttribute("placeholder");
	await user.type(address, "keys.northwind.example");
	await user.click(screen.getByRole("button", { name: "Cancel" }));
	await user.click(await screen.findByRole("radio", { name: "On this computer" }));
	await user.click(screen.getByRole("button", { name: "Continue" }));
	expect(await screen.findByRole("textbox", { name: "Your name" })).toHaveValue("Mara Lindqvist");
	await user.click(screen.getByRole("button", { name: "Cancel" }));
	await user.click(await screen.findByRole("radio", { name: "Connect to a server" }));
	await user.click(screen.getByRole("button", { name: "Continue" }));
	expect(await screen.findByRole("textbox", { name: "Server address" })).toHaveValue(
		"keys.northwind.example",
	);
});

test("sample data says that nothing is kept, and can be left", async () => {
	const { core, user } = await start(fresh);
	await user.click(await screen.findByRole("radio", { name: "Look around with sample data" }));
	await user.click(screen.getByRole("button", { name: "Continue" }));
	expect(await screen.findByText("Sample data: nothing is kept.")).toBeVisible();
	core.failing.set("remove_connection", problem("unexpected", "The folder could not be removed."));
	await user.click(screen.getByRole("button", { name: "Leave" }));
	expect(await screen.findByText("The folder could not be removed.")).toBeVisible();
	core.failing.clear();
	await user.click(screen.getByRole("button", { name: "Leave" }));
	expect(await screen.findByRole("heading", { name: "Welcome to Keystead" })).toBeVisible();
});

test("an address where nobody answers keeps what was typed", async () => {
	await toServer((core) => {
		core.failing.set("probe_server", problem("not_keystead", "No Keystead server answers there.", "url"));
	});
	expect(await screen.findByText("No Keystead server answers there.")).toBeVisible();
	expect(screen.getByRole("textbox", { name: "Server address" })).toHaveValue("keys.northwind.example");
});

test("who answers is shown before anything is typed, and a wrong password is a banner", async () => {
	const { core, user } = await toServer((core) => {
		core.failing.set("sign_in", problem("wrong_credentials", "Email or password is wrong."));
	});
	expect(await screen.findByText(/keys\.northwind\.example · Keystead 0\.1\.0 · region EU/)).toBeVisible();
	expect(screen.getByText("Encrypted connection")).toBeVisible();
	await user.type(screen.getByRole("textbox", { name: "Email" }), "mara@northwind.example");
	await user.type(screen.getByLabelText("Password"), "not this one");
	await user.click(screen.getByRole("button", { name: "Sign in" }));
	expect(await screen.findByText("Email or password is wrong.")).toBeVisible();
	expect(screen.getByLabelText("Password")).toHaveValue("not this one");
	await waitFor(() => expect(screen.getByRole("alert")).toHaveFocus());
	core.failing.clear();
	await user.click(screen.getByRole("button", { name: "Sign in" }));
	expect(await screen.findByRole("heading", { level: 1, name: "Keys" })).toBeVisible();
});

test("where accounts are by invitation there is a sentence instead of a form", async () => {
	await toServer((core) => (core.server = { ...core.server, signUp: "closed" }));
	expect(await screen.findByText(/New accounts are by invitation/)).toBeVisible();
	expect(screen.queryByRole("radio", { name: "Create account" })).toBeNull();
});

test("a server whose passwords others can read on the way is warned of, one on this computer is not", async () => {
	await toServer((core) =>
		Object.assign(core.server, { encrypted: false, exposed: true, host: "10.0.0.9" }),
	);
	expect(await screen.findByText(/This connection is not encrypted/)).toBeVisible();
	cleanup();
	await toServer((core) => Object.assign(core.server, { encrypted: false, exposed: false }));
	expect(await screen.findByRole("radio", { name: "Sign in" })).toBeVisible();
	expect(screen.queryByText(/This connection is not encrypted/)).toBeNull();
});

test("the first account of a server is offered at once", async () => {
	const { user } = await toServer((core) => (core.server = { ...core.server, signUp: "first" }));
	expect(await screen.findByRole("radio", { name: "Create account" })).toBeChecked();
	await user.type(screen.getByRole("textbox", { name: "Your name" }), "Mara");
	await user.click(screen.getByRole("button", { name: "Create account" }));
	expect(await screen.findByRole("heading", { level: 1, name: "Keys" })).toBeVisible();
});

test("cancel forgets an answer that is still on its way", async () => {
	let answer: (value: unknown) => void = () => {};
	const { user } = await toServer((core) => {
		core.held.set("probe_server", new Promise((resolve) => (answer = resolve)));
	});
	await waitFor(() => expect(screen.getByRole("button", { name: "Connect" })).toHaveAttribute("aria-busy"));
	await user.click(screen.getByRole("button", { name: "Cancel" }));
	answer(null);
	expect(await screen.findByRole("heading", { name: "Welcome to Keystead" })).toBeVisible();
	expect(screen.queryByText("Encrypted connection")).toBeNull();
});

test("o5 a locked keychain is waited for and never taken for an empty one", async () => {
	const { core, user } = await start((core) => {
		core.keychain = { kind: "locked", message: "The keychain of this computer is locked." };
	});
	expect(await screen.findByText("The keychain of this computer is locked.")).toBeVisible();
	expect(core.asked.map(({ command }) => command)).not.toContain("open_connection");
	await user.click(screen.getByRole("button", { name: "Try again" }));
	expect(await screen.findByRole("heading", { level: 1, name: "Keys" })).toBeVisible();
});

test("o5 without a keychain a passphrase is chosen, twice and long enough", async () => {
	const { core, user } = await start((core) => {
		core.keychain = { kind: "absent", message: "This computer has no keychain." };
	});
	await user.type(await screen.findByLabelText("Passphrase"), "short");
	await user.type(screen.getByLabelText("Repeat passphrase"), "other");
	await user.click(screen.getByRole("button", { name: "Create vault" }));
	expect(await screen.findByText("Use at least 10 characters.")).toBeVisible();
	expect(screen.getByText("The two passphrases differ.")).toBeVisible();
	await waitFor(() => expect(screen.getByLabelText("Passphrase")).toHaveFocus());
	expect(core.asked.map(({ command }) => command)).not.toContain("create_vault");
	await user.type(screen.getByLabelText("Passphrase"), " but now longer");
	await user.clear(screen.getByLabelText("Repeat passphrase"));
	await user.type(screen.getByLabelText("Repeat passphrase"), "short but now longer");
	await user.click(screen.getByRole("button", { name: "Create vault" }));
	expect(await screen.findByRole("heading", { level: 1, name: "Keys" })).toBeVisible();
});

test("o5 a wrong passphrase is said at the field", async () => {
	const { user } = await start((core) => {
		core.keychain = { kind: "vault", unlocked: false };
		core.failing.set(
			"unlock_vault",
			problem("wrong_passphrase", "This passphrase does not open the vault."),
		);
	});
	const passphrase = await screen.findByLabelText("Passphrase");
	await user.type(passphrase, "wrong one");
	await user.click(screen.getByRole("button", { name: "Unlock" }));
	await waitFor(() =>
		expect(passphrase).toHaveAccessibleDescription("This passphrase does not open the vault."),
	);
	expect(passphrase).toHaveFocus();
});

const unreadable = "The replica /home/mara/connections/replica.db can't be read: it is damaged.";

test("o1 a damaged replica is set aside, not deleted", async () => {
	const { core, user } = await start((core) => {
		core.connections = [northwind, here];
		core.failing.set("open_connection", problem("replica_damaged", unreadable));
	});
	const message = await screen.findByText(unreadable);
	expect(message.innerHTML.replaceAll("<!---->", "")).toContain(
		"/<wbr>home/<wbr>mara/<wbr>connections/<wbr>replica.db can't",
	);
	const [retry, aside] = ["Try again", "Set the file aside and download again"].map((name) =>
		screen.getByRole("button", { name }),
	);
	expect(aside).toHaveClass("primary");
	expect(retry).not.toHaveClass("primary");
	await user.click(screen.getByRole("button", { name: "Copy details" }));
	expect(await navigator.clipboard.readText()).toBe(`replica_damaged\n${unreadable}`);
	expect(screen.getByRole("button", { name: "Switch to My workspace" })).toBeVisible();
	core.failing.clear();
	await user.click(screen.getByRole("button", { name: "Set the file aside and download again" }));
	expect(await screen.findByText("The old file was moved to replica.db.aside-1.")).toBeVisible();
	expect(screen.getByRole("heading", { level: 1, name: "Keys" })).toBeVisible();
});
