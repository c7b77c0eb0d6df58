// Which service and model are looked at, by their ids.
import type { CatalogView, ModelView, ServiceView } from "../../ipc/bindings";

export type Chosen = { service: string | null; model: string | null };

/** What of a catalog is chosen; the first there is, where the choice is not there. */
export function chosenOf(
	{ services }: CatalogView,
	{ service, model }: Chosen,
): { service: ServiceView; model: ModelView } | null {
	const found =
		services.find(({ id }) => id === service) ?? services.find(({ models }) => models.length > 0);
	const one = found?.models.find(({ id }) => id === model) ?? found?.models[0];
	return found === undefined || one === undefined ? null : { service: found, model: one };
}
