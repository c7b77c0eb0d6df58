import { screen, waitFor, within } from "@testing-library/svelte";
import type { UserEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";
import { complaints, start } from "./app";
import { problem, type FakeCore } from "./core";

const issuers = (arrange?: (core: FakeCore) => void) => start(arrange, "issuers");
const URL = "https://login.northwind.example";

async function press(user: UserEvent, name: string | RegExp) {
	await user.click(await screen.findByRole("button", { name }));
}

test("k12 an issuer is looked up before anything is saved", async () => {
	const { core, user } = await issuers();
	expect(await screen.findByText("No issuer yet")).toBeVisible();
	await press(user, "Add issuer…");
	const dialog = await screen.findByRole("dialog", { name: "Add an issuer" });
	await user.type(within(dialog).getByRole("textbox", { name: "URL of the issuer" }), URL);
	await user.click(within(dialog).getByRole("button", { name: "Look it up" }));
	expect(await within(dialog).findByText(`2 keys at ${URL}/keys`)).toBeVisible();
	expect(within(dialog).getByText("HS256")).toBeVisible();
	expect(core.asked.some(({ command }) => command === "add_issuer")).toBe(false);
	expect(await complaints()).toEqual([]);
	await user.type(within(dialog).getByRole("textbox", { name: "Audience" }), "api");
	await user.click(within(dialog).getByRole("checkbox", { name: "RS256" }));
	await user.click(within(dialog).getByRole("button", { name: "Add issuer" }));
	expect(await screen.findByRole("region", { name: `Issuer ${URL} for api` })).toBeVisible();
	expect(core.asked.find(({ command }) => command === "add_issuer")?.given).toEqual({
		draft: {
			url: URL,
			audience: "api",
			subjectClaim: "sub",
			algorithms: ["ES256"],
			leewaySeconds: 30,
			byEmail: false,
		},
	});
});

test("k12 what an issuer is refused for stands at its field", async () => {
	const { core, user } = await issuers();
	core.failing.set(
		"look_at_issuer",
		problem("invalid_input", "The description there is of another issuer.", "url"),
	);
	await press(user, "Add issuer…");
	const field = await screen.findByRole("textbox", { name: "URL of the issuer" });
	await user.type(field, URL);
	await press(user, "Look it up");
	await waitFor(() => expect(field).toHaveAccessibleDescription(/of another issuer/));
	expect(field).toHaveValue(URL);
});

test("k12 a subject is mapped, changed and let go", async () => {
	const { user } = await issuers((core) => void core.issuers.register());
	expect(await screen.findByRole("rowheader", { name: "ibo-7" })).toBeVisible();
	expect(await complaints()).toEqual([]);
	await press(user, `Map a subject of ${URL}`);
	await user.type(await screen.findByRole("textbox", { name: "Subject" }), "chen-1");
	await user.selectOptions(screen.getByRole("combobox", { name: "Stands for" }), "mem_chen");
	await press(user, "Map");
	expect(await screen.findByRole("row", { name: /chen-1 Chen Wei/ })).toBeVisible();
	await press(user, "Map chen-1 to somebody else");
	await user.selectOptions(screen.getByRole("combobox", { name: "Stands for" }), "sva_night");
	await press(user, "Map");
	expect(await screen.findByRole("row", { name: /chen-1 nightly-export/ })).toBeVisible();
	await press(user, "Stop mapping ibo-7");
	await waitFor(() => expect(screen.queryByRole("rowheader", { name: "ibo-7" })).toBeNull());
	await press(user, `Know members of ${URL} by email`);
	expect(await screen.findByText("Members are known by it.")).toBeVisible();
});

test("k12 a token is tried, and is not kept on the screen", async () => {
	const { core, user } = await issuers((core) => void core.issuers.register());
	const field = await screen.findByRole("textbox", { name: "Token" });
	await user.type(field, "nonsense");
	await press(user, "Try it");
	expect(await screen.findByText("Not good")).toBeVisible();
	expect(screen.getByText("No: This is no signed token.")).toBeVisible();
	expect(field).toHaveValue("");
	core.issuers.check = {
		steps: [
			{ what: "Form", passed: true, detail: "A signed token (JWT)." },
			{ what: "Stands for", passed: true, detail: "Ibo Aydın, Admin." },
		],
		answer: {
			issuerId: "iss_login",
			subject: "ibo-7",
			principal: { kind: "member", id: "mem_ibo" },
			name: "Ibo Aydın",
			role: "admin",
			expiresAt: new Date(Date.now() + 300_000).toISOString(),
		},
		keysAsOf: new Date().toISOString(),
	};
	await user.type(field, "eyJ.good.one");
	await press(user, "Try it");
	expect(await screen.findByText("Good")).toBeVisible();
	expect(screen.getByText(/Ibo Aydın, Admin; it ends/)).toBeVisible();
	expect(await complaints()).toEqual([]);
});

test("k12 removing an issuer says what stops", async () => {
	const { user } = await issuers((core) => void core.issuers.register());
	await press(user, `Remove ${URL}`);
	const dialog = await screen.findByRole("dialog", { name: "Remove this issuer" });
	expect(within(dialog).getByText("1 mapped subject goes with it.")).toBeVisible();
	await user.click(within(dialog).getByRole("button", { name: "Remove" }));
	expect(await screen.findByText("No issuer yet")).toBeVisible();
});
