// How something is meant. What each looks like is said once, in tokens.css, for `data-tone`.
export type Tone = "good" | "warn" | "bad" | "calm" | "neutral";
