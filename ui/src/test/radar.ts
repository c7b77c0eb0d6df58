// Keys whose end is near, as the fake core tells them.
import type { ExpiryRadar, KeyDetail } from "../ipc/bindings";

const DAY = 86_400_000;

export function radarOf(details: readonly KeyDetail[]): ExpiryRadar {
	const left = ({ row }: KeyDetail) => Date.parse(row.expiresAt ?? "") - Date.now();
	const sorted = [...details].sort((one, other) => left(one) - left(other));
	return {
		keys: sorted.map((detail) => ({
			row: detail.row,
			withinDays: [1, 7, 14, 30].find((days) => left(detail) <= days * DAY) ?? 30,
			rotate: detail.rotate,
		})),
		total: sorted.length,
	};
}
