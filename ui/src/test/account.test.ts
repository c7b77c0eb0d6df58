import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { complaints, start } from "./app";

test("p1 sessions are listed, this one marked, and another one is ended", async () => {
	const { core, user } = await start(undefined, "account");
	const mine = await screen.findByRole("row", { name: /on laptop/ });
	expect(mine).toHaveTextContent("This one");
	expect(await complaints()).toEqual([]);
	await user.click(screen.getByRole("button", { name: "End… the session of Keystead 0.1.0 on old-tower" }));
	const dialog = await screen.findByRole("dialog", { name: "End a session" });
	expect(await complaints()).toEqual([]);
	await user.click(within(dialog).getByRole("button", { name: "End it" }));
	await waitFor(() => expect(screen.queryByRole("row", { name: /old-tower/ })).toBeNull());
	expect(core.asked.find(({ command }) => command === "end_sessions")?.given).toEqual({
		sessionId: "ses_old",
	});
	const others = screen.getByRole("button", { name: "Sign out everywhere else…" });
	expect(others).toHaveAccessibleDescription("There is no other session.");
});

test("p1 everywhere else is signed out at once", async () => {
	const { user } = await start(undefined, "account");
	await user.click(await screen.findByRole("button", { name: "Sign out everywhere else…" }));
	const dialog = await screen.findByRole("dialog", { name: "Sign out everywhere else" });
	await user.click(within(dialog).getByRole("button", { name: "Sign out everywhere else" }));
	await waitFor(() => expect(screen.queryByRole("row", { name: /old-tower/ })).toBeNull());
	expect(await screen.findByText("You are signed in here only.")).toBeVisible();
});

test("p5 the account says where it belongs, also from the copy", async () => {
	await start((core) => void (core.account.fromCopy = true), "account");
	expect(await screen.findByRole("list", { name: "Organizations" })).toHaveTextContent("open here");
	expect(screen.getByText(/As of the last sync/)).toBeVisible();
	expect(screen.getByText("mara@northwind.example")).toBeVisible();
});
