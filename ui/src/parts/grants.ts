// The services of a key, put so that they can be chosen and told. What may be chosen, the core says.
import type { BillingPolicy, CatalogView, GrantText, ServiceView } from "../ipc/bindings";

export const policyNames: Record<BillingPolicy, string> = {
	free: "Free",
	subscription: "Subscription",
	pay_as_you_go: "Pay as you go",
};

/** In a line: "geocoding (Free), routes (Pay as you go)". */
export function grantsWords(grants: readonly GrantText[]): string {
	return grants.length === 0
		? "none"
		: grants.map(({ serviceId, policy }) => `${serviceId} (${policyNames[policy]})`).join(", ");
}

export function isSameGrants(one: readonly GrantText[], other: readonly GrantText[]): boolean {
	return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

function sorted(grants: readonly GrantText[]): unknown[] {
	return grants
		.map(({ serviceId, policy, models, walletId }) => [
			serviceId,
			policy,
			[...models].sort(),
			walletId ?? null,
		])
		.sort(([one], [other]) => String(one).localeCompare(String(other)));
}

/** The ways to pay that can be chosen now: job plans are none of them, but what a key has stays. */
export function waysToPay(service: ServiceView, had: BillingPolicy | null): BillingPolicy[] {
	return service.policies
		.map(({ policy }) => policy)
		.filter((policy) => policy !== "subscription" || policy === had);
}

/** A service as it is first switched on. */
export function switchedOn(service: ServiceView, walletId: string | null): GrantText {
	const [policy = "free"] = waysToPay(service, null);
	return paidBy({ serviceId: service.id, policy, models: [], walletId: null }, policy, service, walletId);
}

/** The same with another way to pay. */
export function paidBy(
	grant: GrantText,
	policy: BillingPolicy,
	service: ServiceView,
	walletId: string | null,
): GrantText {
	const paid = policy === "pay_as_you_go";
	const all = service.models.filter((model) => model.paid).map(({ id }) => id);
	return { ...grant, policy, models: paid ? all : [], walletId: paid ? walletId : null };
}

/** Services of a key that the catalog has not any more. */
export function left(grants: readonly GrantText[], { services }: CatalogView): GrantText[] {
	return grants.filter(({ serviceId }) => !services.some(({ id }) => id === serviceId));
}
