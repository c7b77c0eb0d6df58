import { screen, waitFor, within } from "@testing-library/svelte";
import type { UserEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";
import { complaints, start } from "./app";
import { problem, type FakeCore } from "./core";

const members = (arrange?: (core: FakeCore) => void) => start(arrange, "members");
const dialog = (name: string | RegExp) => screen.findByRole("dialog", { name });

async function press(user: UserEvent, name: string | RegExp) {
	await user.click(await screen.findByRole("button", { name }));
}

test("p7 many are invited at once, and each address is answered for itself", async () => {
	const { core, user } = await members();
	await press(user, "Invite people…");
	const shown = await dialog("Invite people");
	const field = within(shown).getByRole("textbox", { name: "Email addresses" });
	await waitFor(() => expect(field).toHaveFocus());
	await user.type(field, "new@x.example, chen@northwind.example nonsense");
	await user.click(within(shown).getByRole("radio", { name: "Viewer" }));
	await user.click(within(shown).getByRole("button", { name: "Invite" }));
	expect(await within(shown).findByText(/chen@northwind\.example: Is a member already\./)).toBeVisible();
	expect(core.asked.find(({ command }) => command === "invite_people")?.given).toEqual({
		draft: { emails: ["new@x.example", "chen@northwind.example", "nonsense"], role: "viewer" },
	});
	expect(within(shown).getByLabelText("Link for new@x.example")).toHaveTextContent(
		"https://keys.northwind.example/invite/ksi_inv_new@x.example",
	);
	expect(within(shown).getByText(/This server sends no mail: pass the link on yourself/)).toBeVisible();
	// What was refused stays, to be mended.
	expect(field).toHaveValue("chen@northwind.example\nnonsense");
	expect(await complaints()).toEqual([]);
	await user.clear(field);
	await user.type(field, "other@x.example");
	await user.click(within(shown).getByRole("button", { name: "Invite" }));
	expect(await dialog("1 person invited")).toBeVisible();
	await press(user, "Close");
	expect(await screen.findByRole("rowheader", { name: /other@x\.example/ })).toBeVisible();
});

test("p7 where the server sends mail, no link is shown", async () => {
	const { user } = await members((core) => (core.people.mails = true));
	await press(user, "Invite people…");
	await user.type(await screen.findByRole("textbox", { name: "Email addresses" }), "new@x.example");
	await press(user, "Invite");
	expect(await screen.findByText("new@x.example gets the link by mail.")).toBeVisible();
	expect(screen.queryByText(/sends no mail/)).toBeNull();
});

test("p7 an invitation is sent again with another link, and cancelled", async () => {
	const { user } = await members();
	expect(await screen.findByText("Expired")).toBeVisible();
	await press(user, "Send again: the invitation of late@northwind.example");
	const link = await dialog("The invitation of late@northwind.example was sent again");
	expect(within(link).getByText(/The link before it opens nothing any more/)).toBeVisible();
	expect(await complaints()).toEqual([]);
	await user.click(within(link).getByRole("button", { name: "Close" }));
	await waitFor(() => expect(screen.queryByText("Expired")).toBeNull());
	await press(user, "Cancel the invitation of dora@northwind.example");
	await user.click(
		within(await dialog(/^Cancel the invitation/)).getByRole("button", { name: "Cancel invitation" }),
	);
	await waitFor(() => expect(screen.queryByRole("rowheader", { name: /dora/ })).toBeNull());
});

test("p9 a role is changed, and who may not make Admins is told", async () => {
	const { core, user } = await members((core) => (core.people.role = "admin"));
	await press(user, "Change role… of Chen Wei");
	const shown = await dialog("Change the role of Chen Wei");
	expect(within(shown).getByRole("radio", { name: "Admin" })).toBeDisabled();
	expect(within(shown).getByText("Only the Owner may make Admins.")).toBeVisible();
	await user.click(within(shown).getByRole("radio", { name: "Billing" }));
	await user.click(within(shown).getByRole("button", { name: "Change role" }));
	expect(await screen.findByText("Chen Wei is Billing now.")).toBeVisible();
	expect(core.people.members.find(({ id }) => id === "mem_chen")?.role).toBe("billing");
	const admins = screen.getByRole("button", { name: "Change role… of Ibo Aydın" });
	expect(admins).toHaveAccessibleDescription("Only the Owner may change or remove Admins.");
});

test("p10 removing a member says what will happen, and a refusal stands beneath", async () => {
	const { core, user } = await members();
	await press(user, "Remove Chen Wei");
	const shown = await dialog("Remove Chen Wei");
	expect(within(shown).getByText(/Keys they made stay/)).toBeVisible();
	expect(within(shown).getByText(/emptied when it syncs next/)).toBeVisible();
	core.failing.set("remove_member", problem("refused", "Nobody may change or remove the Owner."));
	await user.click(within(shown).getByRole("button", { name: "Remove" }));
	expect(await within(shown).findByText("Nobody may change or remove the Owner.")).toBeVisible();
	core.failing.clear();
	await user.click(within(shown).getByRole("button", { name: "Remove" }));
	await waitFor(() => expect(screen.queryByRole("rowheader", { name: /Chen Wei/ })).toBeNull());
});

test("p9 who may not manage members sees them, and why not more", async () => {
	await members((core) => (core.people.role = "viewer"));
	expect(await screen.findByRole("rowheader", { name: /Ibo Aydın/ })).toBeVisible();
	expect(screen.getByRole("button", { name: "Invite people…" })).toHaveAttribute("aria-disabled", "true");
	expect(screen.queryByRole("heading", { name: "Invitations" })).toBeNull();
	expect(screen.getAllByText(/Owner and Admin may invite people/)[0]).toBeInTheDocument();
	expect(await complaints()).toEqual([]);
});

test("p7 offline, members are listed and nothing is changed", async () => {
	const { core } = await members();
	await screen.findByRole("rowheader", { name: /Chen Wei/ });
	core.goOffline();
	await waitFor(() =>
		expect(screen.getByRole("button", { name: "Invite people…" })).toHaveAccessibleDescription(
			"You are offline. Members are changed at the server.",
		),
	);
});

test("p9 leaving asks for the organization's name", async () => {
	const { core, user } = await members((core) => (core.people.role = "admin"));
	await press(user, "Leave…");
	const shown = await dialog("Leave Northwind Routing");
	await user.click(within(shown).getByRole("button", { name: "Leave" }));
	expect(await within(shown).findByText("Type Northwind Routing exactly.")).toBeVisible();
	await user.type(within(shown).getByRole("textbox"), "Northwind Routing{Enter}");
	await waitFor(() =>
		expect(core.asked.some(({ command }) => command === "leave_organization")).toBe(true),
	);
});

test("p10 whoever was removed is told, and can remove the connection", async () => {
	const message = "You are not a member of this organization any more.";
	const { core, user } = await members((core) => {
		core.people.members = [];
		core.people.invitations = [];
		core.sync = { ...core.sync, state: "failed", problem: problem("not_a_member", message) };
	});
	expect(await screen.findByText(message)).toBeVisible();
	expect(await complaints()).toEqual([]);
	await press(user, "Remove this connection");
	await waitFor(() => expect(core.connections).toHaveLength(0));
});

async function paste(user: UserEvent) {
	await user.click(await screen.findByRole("radio", { name: "I have an invitation" }));
	await press(user, "Continue");
	await user.type(
		await screen.findByRole("textbox", { name: "Link of the invitation" }),
		"https://keys.lindqvist.example/invite/ksi_x",
	);
	await press(user, "Continue");
}

const first = (core: FakeCore) => Object.assign(core, { connections: [], current: null });

test("p7 an invitation is accepted with a new account", async () => {
	const { core, user } = await start((core) => {
		first(core);
		core.failing.set(
			"join_with_invitation",
			problem("refused", "This invitation is for m…@northwind.example; sign up with it.", "email"),
		);
	});
	await paste(user);
	expect(
		await screen.findByRole("heading", { name: "Sven Lindqvist invites you to Lindqvist Freight" }),
	).toBeVisible();
	expect(await complaints()).toEqual([]);
	await user.type(screen.getByRole("textbox", { name: "Your name" }), "Mara");
	await user.type(screen.getByRole("textbox", { name: "Username" }), "mara");
	const email = screen.getByRole("textbox", { name: "Email" });
	await user.type(email, "wrong@northwind.example");
	await user.type(screen.getByLabelText("Password"), "seven unrelated words");
	await press(user, "Create account and accept");
	await waitFor(() => expect(email).toHaveAccessibleDescription(/This invitation is for m…@/));
	core.failing.clear();
	await user.clear(email);
	await user.type(email, "mara@northwind.example");
	await press(user, "Create account and accept");
	expect(await screen.findByRole("grid")).toBeVisible();
});

test("p7 an invitation is accepted by whoever is signed in", async () => {
	const { core, user } = await start((core) => {
		first(core);
		core.people.seen.signedIn = ["mara@northwind.example"];
	});
	await paste(user);
	expect(await screen.findByText(/Signed in at keys\.lindqvist\.example: mara@/)).toBeVisible();
	await press(user, "Accept");
	expect(await screen.findByRole("grid")).toBeVisible();
	expect(core.asked.some(({ command }) => command === "accept_invitation")).toBe(true);
});

test("p7 an invitation that has expired says whom to ask", async () => {
	const { user } = await start((core) => {
		first(core);
		core.people.seen.state = "expired";
	});
	await paste(user);
	expect(
		await screen.findByText("This invitation has expired. Ask Sven Lindqvist to send it again."),
	).toBeVisible();
	expect(screen.queryByRole("textbox")).toBeNull();
	expect(await complaints()).toEqual([]);
});

test("p5 another organization of the account is opened from the connections", async () => {
	const { core, user } = await start((core) => {
		core.people.memberships = [
			{
				organizationId: "org_other",
				organizationName: "Lindqvist Freight",
				role: "editor",
				connectionId: null,
				isOpen: false,
			},
		];
	}, "connections");
	await press(user, "Open Lindqvist Freight");
	await waitFor(() =>
		expect(core.asked.find(({ command }) => command === "open_membership")?.given).toEqual({
			organizationId: "org_other",
		}),
	);
});
