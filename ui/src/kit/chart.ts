// Figures over time, apart from how they are drawn.
export type Series = {
	/** "old …f3Qa" */
	label: string;
	/** Drawn dashed and gray: what gives way. Otherwise in the accent. */
	faded: boolean;
	/** One for each moment. */
	values: readonly number[];
};
