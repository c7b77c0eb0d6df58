// Starts the program over a fake core, as a person sees it.
import { render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import App from "../App.svelte";
import { dismissAll } from "../kit/toasts.svelte";
import { route } from "../route.svelte";
import { FakeCore } from "./core";
import { installCore } from "./install";

export async function start(arrange: (core: FakeCore) => void = () => {}, tab = "keys") {
	dismissAll();
	route.replace(tab);
	const core = new FakeCore();
	arrange(core);
	installCore(core);
	const user = userEvent.setup();
	render(App);
	return { core, user };
}

/** Everything axe finds, as sentences; an empty list is the wish. */
export async function complaints(): Promise<string[]> {
	// Color needs a renderer; the screenshots are for that.
	const { violations } = await axe.run(document.body, {
		rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
	});
	return violations.flatMap(({ id, help, nodes }) =>
		nodes.map((node) => `${id}: ${help}: ${node.html.slice(0, 160)}`),
	);
}

/** Makes a key through the dialog and leaves the secret on the screen. */
export async function makeKey(user: ReturnType<typeof userEvent.setup>, name: string) {
	await user.click(await screen.findByRole("button", { name: "New key" }));
	await user.type(await screen.findByRole("textbox", { name: "Name" }), name);
	await user.click(screen.getByRole("button", { name: "Create key" }));
	return screen.findByRole("dialog", { name: "Your new secret" });
}
