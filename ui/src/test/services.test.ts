import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { route } from "../route.svelte";
import { complaints, start } from "./app";
import { problem, type FakeCore } from "./core";

const open = (arrange: (core: FakeCore) => void = () => {}) => start(arrange, "services");
const cost = () => screen.getByRole("status", { name: "Expected cost" });

test("k5 services are listed with their models, prices and ways to pay", async () => {
	await open();
	const matrix = await screen.findByRole("article", { name: "Distance matrix" });
	const ways = within(matrix).getByRole("list", { name: "Ways to pay for Distance matrix" });
	expect(
		within(ways)
			.getAllByRole("listitem")
			.map(({ textContent }) => textContent.trim()),
	).toEqual(["Free", "Subscription", "Pay as you go"]);
	const price = within(matrix).getByRole("list", { name: "Price of Road" });
	expect(within(price).getByText("0.40 EUR per 1,000 cells")).toBeVisible();
	const tiles = screen.getByRole("article", { name: "Map tiles" });
	expect(within(tiles).getByText("Requests are not paid for")).toBeVisible();
	expect(within(tiles).queryByRole("button")).toBeNull();
	expect(await complaints()).toEqual([]);
});

test("b7 the calculator says what a call and all calls cost, and follows what is written", async () => {
	const { user } = await open();
	const calls = await screen.findByRole("textbox", { name: "Number of calls" });
	await waitFor(() => expect(cost()).toHaveTextContent("0.041 EUR"));
	expect(cost()).toHaveTextContent("1,000 calls");
	expect(cost()).toHaveTextContent("41.00 EUR");
	const origins = screen.getByRole("textbox", { name: "Origins" });
	await user.clear(origins);
	await user.type(origins, "25");
	await waitFor(() => expect(cost()).toHaveTextContent("0.101 EUR"));
	expect(screen.getByRole("slider", { name: "Origins, slider" })).toHaveValue("25");
	await user.clear(calls);
	await user.type(calls, "1,000,000");
	await waitFor(() => expect(cost()).toHaveTextContent("101,000.00 EUR"));
	expect(cost()).toHaveTextContent("Each call is paid for 250 cells.");
	expect(await complaints()).toEqual([]);
});

test("b7 what can't be is said at its field, and no cost is shown", async () => {
	const { user } = await open();
	const origins = await screen.findByRole("textbox", { name: "Origins" });
	await user.clear(origins);
	await user.type(origins, "5000");
	expect(await screen.findByText("Origins can't be 5000; give 1 to 1000 origins.")).toBeVisible();
	expect(origins).toHaveAttribute("aria-invalid", "true");
	expect(cost()).not.toHaveTextContent("EUR");
	await user.clear(origins);
	expect(await screen.findByText("Origins is a whole number; give 1 to 1000 origins.")).toBeVisible();
	await user.type(origins, "1");
	const calls = screen.getByRole("textbox", { name: "Number of calls" });
	await user.clear(calls);
	expect(await screen.findByText(/^Give a whole number of calls/)).toBeVisible();
	await user.type(calls, "2");
	await waitFor(() => expect(cost()).toHaveTextContent("0.01 EUR"));
	expect(await complaints()).toEqual([]);
});

test("b7 sliding a parameter writes it, and what is no number moves no slider", async () => {
	const { user } = await open();
	const slider = await screen.findByRole("slider", { name: "Origins, slider" });
	await fireEvent.input(slider, { target: { value: "500" } });
	expect(screen.getByRole("textbox", { name: "Origins" })).toHaveValue("500");
	await waitFor(() => expect(cost()).toHaveTextContent("2.001 EUR"));
	const written = screen.getByRole("textbox", { name: "Origins" });
	await user.clear(written);
	await user.type(written, "many");
	expect(slider).toHaveValue("10");
	expect(await screen.findByText(/^Origins is a whole number/)).toBeVisible();
});

test("b7 another model asks for its own parameters, and what was written elsewhere stays", async () => {
	const { user } = await open();
	const origins = await screen.findByRole("textbox", { name: "Origins" });
	await user.clear(origins);
	await user.type(origins, "77");
	await user.click(screen.getByRole("button", { name: "Calculate Distance matrix, Truck" }));
	await waitFor(() => expect(screen.queryByRole("textbox", { name: "Destinations" })).toBeNull());
	expect(screen.getByRole("textbox", { name: "Origins" })).toHaveValue("10");
	expect(screen.getByText("1 to 500 origins. Where trucks begin.")).toBeVisible();
	expect(route.item).toBe("distance-matrix");
	await user.selectOptions(screen.getByRole("combobox", { name: "Model" }), "Road");
	expect(await screen.findByRole("textbox", { name: "Destinations" })).toBeVisible();
	expect(screen.getByRole("textbox", { name: "Origins" })).toHaveValue("77");
});

test("b7 a service whose requests are not paid for has nothing to work out", async () => {
	const { user } = await open();
	await user.selectOptions(await screen.findByRole("combobox", { name: "Service" }), "Map tiles");
	expect(await screen.findByText(/Requests to Map tiles are not paid for singly/)).toBeVisible();
	expect(screen.queryByRole("textbox", { name: "Number of calls" })).toBeNull();
	expect(route.item).toBe("map-tiles");
});

test("b7 offline it works on, and says as of when the prices are", async () => {
	const { core, user } = await open();
	await screen.findByRole("article", { name: "Distance matrix" });
	core.goOffline();
	expect(await screen.findByText(/Prices are as of the last sync, \d\d:\d\d\./)).toBeVisible();
	const origins = screen.getByRole("textbox", { name: "Origins" });
	await user.clear(origins);
	await user.type(origins, "2");
	await waitFor(() => expect(cost()).toHaveTextContent("0.009 EUR"));
});

test("b7 new prices appear when they come, and a choice that is gone gives way", async () => {
	const { core, user } = await open();
	await user.click(await screen.findByRole("button", { name: "Calculate Distance matrix, Truck" }));
	const view = core.catalog.view;
	if (view === null) throw new Error("no catalog");
	core.catalog.view = { ...view, services: view.services.filter(({ id }) => id === "map-tiles") };
	core.announce(["catalog"]);
	expect(await screen.findByText(/Requests to Map tiles are not paid for singly/)).toBeVisible();
	expect(screen.queryByRole("article", { name: "Distance matrix" })).toBeNull();
});

test("k5 before the first sync it says when prices come, and then they do", async () => {
	const { core } = await open((core) => (core.catalog.view = null));
	expect(await screen.findByRole("heading", { name: "No prices here yet" })).toBeVisible();
	core.catalog.view = { currency: "EUR", asOf: null, services: [] };
	core.announce(["catalog"]);
	expect(await screen.findByRole("heading", { name: "This server offers no services" })).toBeVisible();
	expect(await complaints()).toEqual([]);
});

test("k5 a catalog that can't be read says so, and is read again", async () => {
	const { core, user } = await open((core) =>
		core.failing.set("catalog", problem("unexpected", "The offline copy did not answer.")),
	);
	expect(await screen.findByText("The offline copy did not answer.")).toBeVisible();
	expect(await complaints()).toEqual([]);
	core.failing.clear();
	await user.click(screen.getByRole("button", { name: "Try again" }));
	expect(await screen.findByRole("article", { name: "Distance matrix" })).toBeVisible();
});

test("b7 an estimate that fails is said, and the next one is shown", async () => {
	const { core, user } = await open((core) =>
		core.failing.set("estimate", problem("not_found", "There is no model “road”.")),
	);
	expect(await screen.findByRole("alert")).toHaveTextContent("There is no model “road”.");
	core.failing.clear();
	await user.type(screen.getByRole("textbox", { name: "Number of calls" }), "0");
	await waitFor(() => expect(cost()).toHaveTextContent("410.00 EUR"));
	expect(screen.queryByRole("alert")).toBeNull();
});

test("k5 while the services take their time, their shape is shown", async () => {
	await open((core) => core.held.set("catalog", new Promise(() => {})));
	expect(await screen.findByRole("status", { name: "Reading services" })).toBeVisible();
});
