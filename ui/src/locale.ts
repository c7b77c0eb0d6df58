// Imported before everything else. Where the system has no language (LC_ALL=C), WebKit says that the language is "C",
// which no formatter of numbers and dates takes; libraries that ask for it when they are loaded (uPlot) would stop the
// window from starting.
try {
	Intl.NumberFormat.supportedLocalesOf(navigator.language);
} catch {
	Object.defineProperty(navigator, "language", { value: "en-US", configurable: true });
}
export {};
