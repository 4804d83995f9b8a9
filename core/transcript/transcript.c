/*
 * Sessions: their lines, what is known of them, and who therefore gets to see which.
 */
#include "transcript/transcript.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "mail/text.h"
#include "run/worker.h"
#include "transcript/watch_core.h"

#define SESSIONS_MAX	 50000
#define KEPT_MAX	 (16u << 10) /* bytes of lines of one session */
#define KEPT_ALL_MAX	 (16u << 20) /* … of all of them */
#define KEPT_SESSION_MAX 100	     /* lines that are of no message */
#define KEPT_LETTER_MAX	 60	     /* … of one message */
#define FACTS_MAX	 32
#define LETTERS_MAX	 300
#define LINE_MAX_SHOWN	 1000

struct fact {
	struct link link;
	enum transcript_fact fact;
	size_t size;
	char value[];
};

_Thread_local unsigned transcript_watches;

static _Thread_local struct {
	struct list sessions;
	size_t count, kept_bytes;
	uint64_t numbers;
} here;

static void drop_kept(struct transcript *transcript, struct transcript_kept *kept)
{
	list_remove(&kept->link);
	transcript->kept_bytes -= kept->size;
	here.kept_bytes -= kept->size;
	memory_free(kept);
}

static void drop_all_kept(struct transcript *transcript)
{
	LIST_EACH_SAFE (&transcript->kept, link)
		drop_kept(transcript, CONTAINER_OF(link, struct transcript_kept, link));
}

struct transcript *transcript_open(bool incoming, struct slice label)
{
	struct transcript *transcript;

	if (!here.sessions.head.next)
		list_init(&here.sessions);
	if (here.count >= SESSIONS_MAX)
		return NULL;
	transcript = NEW(struct transcript);
	transcript->number = ++here.numbers;
	transcript->incoming = incoming;
	transcript->label = memory_copy_text(label);
	list_init(&transcript->facts);
	list_init(&transcript->letters);
	list_init(&transcript->kept);
	list_append(&here.sessions, &transcript->link);
	here.count++;
	return transcript;
}

static void free_all(struct list *list)
{
	struct link *link;

	/* It is the first member of what is in these lists. */
	while ((link = list_take(list)))
		memory_free(link);
}

void transcript_close(struct transcript **transcript)
{
	struct transcript *old = *transcript;

	*transcript = NULL;
	if (!old)
		return;
	drop_all_kept(old);
	free_all(&old->letters);
	free_all(&old->facts);
	list_remove(&old->link);
	here.count--;
	memory_free(old->label);
	memory_free(old);
}

/* ---- Messages ---- */

static struct transcript_letter *find_letter(
	const struct transcript *transcript, uint64_t message)
{
	if (!message)
		return NULL;
	LIST_EACH (&transcript->letters, link) {
		struct transcript_letter *letter = CONTAINER_OF(
			link, struct transcript_letter, link);

		if (letter->number == message)
			return letter;
	}
	return NULL;
}

uint64_t transcript_message(struct transcript *transcript)
{
	struct transcript_letter *letter;

	transcript->messages++;
	if (transcript->letter_count < LETTERS_MAX) {
		letter = NEW(struct transcript_letter);
		letter->number = transcript->messages;
		list_append(&transcript->letters, &letter->link);
		transcript->letter_count++;
	}
	return transcript->messages;
}

void transcript_message_end(struct transcript *transcript, uint64_t message)
{
	struct transcript_letter *letter = find_letter(transcript, message);

	if (!letter)
		return;
	LIST_EACH_SAFE (&transcript->kept, link) {
		struct transcript_kept *kept = CONTAINER_OF(
			link, struct transcript_kept, link);

		if (kept->message == message)
			drop_kept(transcript, kept);
	}
	list_remove(&letter->link);
	transcript->letter_count--;
	memory_free(letter);
}

/* ---- What is known ---- */

static void give_note(const struct transcript *transcript, uint32_t watched,
	uint64_t message, const char *text)
{
	size_t size = strlen(text);
	struct transcript_kept *note = memory_allocate(sizeof(*note) + size);

	note->at_ms = worker_wall_ms();
	note->message = message;
	note->voice = TRANSCRIPT_NOTE;
	note->size = size;
	memcpy(note->text, text, size);
	watch_give(watched, transcript, note);
	memory_free(note);
}

static void give_left_out(const struct transcript *transcript, uint32_t watched,
	uint64_t message, size_t left_out)
{
	char text[80];

	if (!left_out)
		return;
	snprintf(text, sizeof(text), "%zu lines before this were not kept", left_out);
	give_note(transcript, watched, message, text);
}

/* To WATCHED, who has seen nothing of the session: how it began, and what was said in
 * LETTER, or in all of them. */
static void catch_up(const struct transcript *transcript, uint32_t watched,
	const struct transcript_letter *letter, bool all)
{
	bool fresh = !(transcript->shown & watched);

	LIST_EACH (&transcript->kept, link) {
		struct transcript_kept *kept = CONTAINER_OF(
			link, struct transcript_kept, link);
		const struct transcript_letter *of = find_letter(
			transcript, kept->message);
		bool seen = of ? of->watched & watched : !fresh;

		if (!seen && (all || !kept->message || of == letter))
			watch_give(watched, transcript, kept);
	}
	if (fresh)
		give_left_out(transcript, watched, 0, transcript->left_out);
	if (letter)
		give_left_out(transcript, watched, letter->number, letter->left_out);
}

static void match_session(struct transcript *transcript, uint32_t matched)
{
	for (uint32_t bit = 1; bit && bit <= matched; bit <<= 1) {
		if (!(matched & bit & ~transcript->whole))
			continue;
		catch_up(transcript, bit, NULL, true);
		transcript->whole |= bit;
		transcript->shown |= bit;
	}
}

static void match_letter(struct transcript *transcript,
	struct transcript_letter *letter, uint32_t matched)
{
	matched &= ~(letter->watched | transcript->whole);
	for (uint32_t bit = 1; bit && bit <= matched; bit <<= 1) {
		if (!(matched & bit))
			continue;
		catch_up(transcript, bit, letter, false);
		letter->watched |= bit;
		transcript->shown |= bit;
	}
}

void transcript_know(struct transcript *transcript, uint64_t message,
	enum transcript_fact fact, struct slice value)
{
	struct transcript_letter *letter = find_letter(transcript, message);
	uint32_t matched = watch_match(transcript->incoming, fact, value);
	struct fact *kept;

	if (letter)
		match_letter(transcript, letter, matched);
	if (message || !value.size)
		return;
	match_session(transcript, matched);
	if (list_count(&transcript->facts) >= FACTS_MAX)
		return;
	kept = memory_allocate(sizeof(*kept) + value.size);
	kept->fact = fact;
	kept->size = value.size;
	memcpy(kept->value, value.at, value.size);
	list_append(&transcript->facts, &kept->link);
}

/* What is known of sessions holds for who comes later; of messages it is gone. */
void transcript_consider(const struct transcript_watch *watch)
{
	if (!here.sessions.head.next)
		return;
	LIST_EACH (&here.sessions, link) {
		struct transcript *transcript = CONTAINER_OF(
			link, struct transcript, link);

		LIST_EACH (&transcript->facts, fact_link) {
			struct fact *fact = CONTAINER_OF(fact_link, struct fact, link);
			struct slice value = slice_make(fact->value, fact->size);

			match_session(transcript,
				watch_match(transcript->incoming, fact->fact, value) &
					watch->bit);
		}
	}
}

void transcript_forget(const struct transcript_watch *watch)
{
	if (!here.sessions.head.next)
		return;
	LIST_EACH (&here.sessions, link) {
		struct transcript *transcript = CONTAINER_OF(
			link, struct transcript, link);

		transcript->whole &= ~watch->bit;
		transcript->shown &= ~watch->bit;
		LIST_EACH (&transcript->letters, letter)
			CONTAINER_OF(letter, struct transcript_letter, link)->watched &=
				~watch->bit;
	}
}

void transcript_forget_all(void)
{
	if (!here.sessions.head.next)
		return;
	LIST_EACH (&here.sessions, link)
		drop_all_kept(CONTAINER_OF(link, struct transcript, link));
}

/* ---- What is said ---- */

/* Of a message of very many recipients: how it began, and the last of it. */
static void make_room(struct transcript *transcript, struct transcript_letter *letter)
{
	size_t at = 0;

	if (letter->kept < KEPT_LETTER_MAX)
		return;
	LIST_EACH (&transcript->kept, link) {
		struct transcript_kept *kept = CONTAINER_OF(
			link, struct transcript_kept, link);

		if (kept->message != letter->number || at++ < KEPT_LETTER_MAX / 2)
			continue;
		drop_kept(transcript, kept);
		letter->kept--;
		letter->left_out++;
		return;
	}
}

/* For those who may want it later. */
static void keep(struct transcript *transcript, struct transcript_letter *letter,
	struct transcript_kept *line)
{
	if (letter)
		make_room(transcript, letter);
	if (transcript->kept_bytes + line->size > KEPT_MAX ||
		here.kept_bytes + line->size > KEPT_ALL_MAX ||
		(!letter && transcript->kept_of_session >= KEPT_SESSION_MAX)) {
		++*(letter ? &letter->left_out : &transcript->left_out);
		memory_free(line);
		return;
	}
	++*(letter ? &letter->kept : &transcript->kept_of_session);
	transcript->kept_bytes += line->size;
	here.kept_bytes += line->size;
	list_append(&transcript->kept, &line->link);
}

static void say_line(struct transcript *transcript, uint64_t message,
	enum transcript_voice voice, struct slice text)
{
	struct transcript_letter *letter = find_letter(transcript, message);
	uint32_t watched = transcript->whole | (letter		 ? letter->watched
						       : message ? 0
								 : transcript->shown);
	struct transcript_kept *line;
	size_t size = text.size < LINE_MAX_SHOWN ? text.size : LINE_MAX_SHOWN;

	line = memory_allocate(sizeof(*line) + size);
	line->at_ms = worker_wall_ms();
	line->message = message;
	line->voice = voice;
	line->size = text_clean(text, line->text, size);
	watch_give(watched, transcript, line);
	if (watched == watch_all() || (message && !letter))
		memory_free(line);
	else
		keep(transcript, letter, line);
}

void transcript_say(struct transcript *transcript, uint64_t message,
	enum transcript_voice voice, struct slice text)
{
	watch_sweep();
	if (!transcript_wanted())
		return;
	while (text.size) {
		struct slice line = slice_cut(&text, '\n');

		if (slice_ends(line, SLICE("\r")))
			line.size--;
		say_line(transcript, message, voice, line);
	}
}

void transcript_say_format(struct transcript *transcript, uint64_t message,
	enum transcript_voice voice, const char *format, ...)
{
	char *text = memory_allocate(LINE_MAX_SHOWN + 1);
	va_list list;

	va_start(list, format);
	vsnprintf(text, LINE_MAX_SHOWN + 1, format, list);
	va_end(list);
	transcript_say(transcript, message, voice, slice_of(text));
	memory_free(text);
}
