// What each phone can send: the samples that the simulator makes, and files of this machine.

export const NAMES = { messenger: "Messenger", line: "LINE", whatsapp: "WhatsApp", sms: "SMS" };
export const PROVIDERS = Object.keys(NAMES);

export const STICKERS = {
  messenger: ["144884865685780", "126361870881945", "144885145685752", "144884865685783"].map((sticker_id) => ({ sticker_id })),
  line: ["52002736", "52002737", "52002738", "52002739"].map((sticker_id) => ({ package_id: "11537", sticker_id })),
  whatsapp: ["1", "2", "3", "4"].map((sticker_id) => ({ sticker_id })),
  sms: [],
};

// LINE's album arrives as its pictures do: each on its own and all at once.
const SAMPLES = {
  photo: () => ({ kind: "image", count: 1 }),
  photos: () => ({ kind: "media", media: "image", count: 3, apart: true }),
  video: () => ({ kind: "media", media: "video" }),
  audio: () => ({ kind: "media", media: "audio" }),
  file: () => ({ kind: "media", media: "file" }),
  contact: () => ({ kind: "media", media: "contact" }),
  place: () => ({ kind: "attachment", attachment: "location" }),
  button: (title) => ({ kind: "postback", title, payload: "CONFIRM" }),
  ad: () => ({ kind: "referral", reference: "spring-sale" }),
};
const OFFERED = {
  messenger: ["photo", "photos", "video", "audio", "file", "ad"],
  line: ["photo", "photos", "video", "audio", "file", "place"],
  whatsapp: ["photo", "video", "audio", "file", "contact", "place", "button", "ad"],
  sms: ["photo", "photos", "video", "audio", "contact"],
};
export const samples = (provider) => OFFERED[provider].map((name) => [name, SAMPLES[name]]);

export const REACTIONS = ["👍", "❤️", "😆", "😮", "😢"];
export const FILES_AT_ONCE = 10;
const LARGEST_MB = { messenger: 25, line: 25, whatsapp: 16, sms: 5 };
const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const FILMS = ["video/mp4", "video/quicktime"];
const VOICES = ["audio/mp4", "audio/x-m4a", "audio/m4a", "audio/aac"];

export const largestMb = (provider) => LARGEST_MB[provider];

// As what a phone sends a file of this type; null when it cannot.
export function kindOf(provider, type) {
  if (PICTURES.includes(type)) return "image";
  if (FILMS.includes(type)) return "video";
  // LINE records voice messages itself; any other sound is a file there.
  if (VOICES.includes(type) || (type.startsWith("audio/") && provider !== "line")) return "audio";
  if (type === "text/vcard" && ["whatsapp", "sms"].includes(provider)) return "contact";
  return provider === "sms" ? null : "file";
}
