// A catalog of two services, and prices worked out as the core would say them; the screens work out none of this.
import type {
	CatalogView,
	EstimateDraft,
	EstimateView,
	InputProblem,
	ModelView,
	MoneyView,
	ParameterView,
} from "../ipc/bindings";
import { ago } from "./sample";

function parameter(id: string, name: string, max: number, description = ""): ParameterView {
	return { id, name, description, range: `1 to ${max} ${id}`, min: 1, max, default: 10 };
}

function model(id: string, name: string, parameters: ParameterView[]): ModelView {
	const price = ["0.001 EUR per request", "0.40 EUR per 1,000 cells"];
	return { id, name, description: "By road.", price, paid: true, parameters };
}

function sampleCatalog(): CatalogView {
	return {
		currency: "EUR",
		asOf: ago(60_000),
		services: [
			{
				id: "distance-matrix",
				name: "Distance matrix",
				description: "Travel times from every origin to every destination.",
				policies: [
					{ policy: "free", label: "Free" },
					{ policy: "subscription", label: "Subscription" },
					{ policy: "pay_as_you_go", label: "Pay as you go" },
				],
				models: [
					model("road", "Road", [
						parameter("origins", "Origins", 1000),
						parameter("destinations", "Destinations", 1000),
					]),
					model("truck", "Truck", [parameter("origins", "Origins", 500, "Where trucks begin.")]),
				],
			},
			{
				id: "map-tiles",
				name: "Map tiles",
				description: "",
				policies: [{ policy: "free", label: "Free" }],
				models: [{ ...model("vector", "Vector", []), description: "", price: [], paid: false }],
			},
		],
	};
}

function money(micros: number): MoneyView {
	const amount = (micros / 1_000_000).toFixed(6).replace(/0{1,4}$/, "");
	const [whole = "", fraction = ""] = amount.split(".");
	const shown = `${Number(whole).toLocaleString("en-US")}.${fraction} EUR`;
	return { amount, currency: "EUR", shown };
}

function number(text: string): number | null {
	const digits = text.replaceAll(/[,\s]/g, "");
	return /^\d+$/.test(digits) ? Number(digits) : null;
}

export class FakeCatalog {
	view: CatalogView | null = sampleCatalog();

	estimate(draft: EstimateDraft): EstimateView {
		const service = this.view?.services.find(({ id }) => id === draft.serviceId);
		const of = service?.models.find(({ id }) => id === draft.modelId);
		const problems: InputProblem[] = [];
		let cells = 1;
		for (const { id, name, range, min, max } of of?.parameters ?? []) {
			const value = number(draft.inputs.find((input) => input.id === id)?.text ?? "");
			if (value === null)
				problems.push({ parameter: id, message: `${name} is a whole number; give ${range}.` });
			else if (value < min || value > max)
				problems.push({ parameter: id, message: `${name} can't be ${value}; give ${range}.` });
			else cells *= value;
		}
		const calls = number(draft.calls);
		if (calls === null || calls < 1)
			problems.push({
				parameter: null,
				message: "Give a whole number of calls from 1 to 1,000,000,000.",
			});
		if (problems.length > 0 || calls === null) return { cost: null, problems };
		const micros = 1_000 + cells * 400;
		const counted = [`${cells.toLocaleString("en-US")} cells`];
		return { cost: { calls, perCall: money(micros), total: money(micros * calls), counted }, problems };
	}
}
