// Amounts of bytes, as people read them: powers of 1,000, as disks are sold.
const UNITS = ["bytes", "kB", "MB", "GB", "TB"];

/** "0 bytes", "4.1 MB", "120 GB". */
export function bytes(amount: number): string {
	let value = amount;
	let unit = 0;
	while (value >= 1_000 && unit < UNITS.length - 1) {
		value /= 1_000;
		unit++;
	}
	const digits = unit > 0 && value < 10 ? 1 : 0;
	return `${value.toFixed(digits)} ${UNITS[unit] ?? ""}`;
}
