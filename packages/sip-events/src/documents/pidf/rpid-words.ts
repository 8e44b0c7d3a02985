/* The words that RPID has for each element (RFC 4480 §3 and §5). `unknown` stands alone. */

export const activityWords = [
  'unknown', 'appointment', 'away', 'breakfast', 'busy', 'dinner', 'holiday', 'in-transit', 'looking-for-work', 'meal', 'meeting',
  'on-the-phone', 'performance', 'permanent-absence', 'playing', 'presentation', 'shopping', 'sleeping', 'spectator', 'steering',
  'travel', 'tv', 'vacation', 'working', 'worship',
] as const;
export const moodWords = [
  'unknown', 'afraid', 'amazed', 'angry', 'annoyed', 'anxious', 'ashamed', 'bored', 'brave', 'calm', 'cold', 'confused', 'contented',
  'cranky', 'curious', 'depressed', 'disappointed', 'disgusted', 'distracted', 'embarrassed', 'excited', 'flirtatious', 'frustrated',
  'grumpy', 'guilty', 'happy', 'hot', 'humbled', 'humiliated', 'hungry', 'hurt', 'impressed', 'in_awe', 'in_love', 'indignant',
  'interested', 'invincible', 'jealous', 'lonely', 'mean', 'moody', 'nervous', 'neutral', 'offended', 'playful', 'proud', 'relieved',
  'remorseful', 'restless', 'sad', 'sarcastic', 'serious', 'shocked', 'shy', 'sick', 'sleepy', 'stressed', 'surprised', 'thirsty',
  'worried',
] as const;
export const privacyWords = [
  'unknown', 'audio', 'text', 'video',
] as const;
export const relationshipWords = [
  'assistant', 'associate', 'family', 'friend', 'self', 'supervisor', 'unknown',
] as const;
export const serviceClassWords = [
  'courier', 'electronic', 'freight', 'in-person', 'postal', 'unknown',
] as const;
export const sphereWords = [
  'home', 'work', 'unknown',
] as const;
export const placeAudioWords = [
  'noisy', 'ok', 'quiet', 'unknown',
] as const;
export const placeVideoWords = [
  'toobright', 'ok', 'dark', 'unknown',
] as const;
export const placeTextWords = [
  'uncomfortable', 'inappropriate', 'ok', 'unknown',
] as const;
