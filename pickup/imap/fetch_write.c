/* Writes FETCH's responses; see fetch_write.h. */
#include "imap/fetch_write.h"

#include "imap/date.h"
#include "imap/write.h"

void fetch_begin(struct fetch_writer *writer, uint32_t sequence)
{
	buffer_append(writer->out, SLICE("* "));
	buffer_append_number(writer->out, sequence);
	buffer_append(writer->out, SLICE(" FETCH ("));
	writer->any = writer->asked_uid = false;
	writer->uid = 0;
}

void fetch_begin_uid(struct fetch_writer *writer, uint32_t uid)
{
	buffer_append(writer->out, SLICE("* "));
	buffer_append_number(writer->out, uid);
	buffer_append(writer->out, SLICE(" UIDFETCH ("));
	writer->any = writer->asked_uid = false;
	writer->uid = uid;
}

void fetch_end(struct fetch_writer *writer)
{
	if (writer->asked_uid && writer->uid && !writer->any) {
		buffer_append(writer->out, SLICE("UID "));
		buffer_append_number(writer->out, writer->uid);
	}
	buffer_append(writer->out, SLICE(")\r\n"));
}

void fetch_label(struct fetch_writer *writer, struct slice label)
{
	if (writer->any)
		buffer_append_byte(writer->out, ' ');
	writer->any = true;
	buffer_append(writer->out, label);
	buffer_append_byte(writer->out, ' ');
}

void fetch_flags(struct fetch_writer *writer, const struct imap_flags *flags)
{
	fetch_label(writer, SLICE("FLAGS"));
	imap_flags_write(writer->out, flags);
}

void fetch_flags_words(struct fetch_writer *writer, uint8_t system, struct slice words)
{
	fetch_label(writer, SLICE("FLAGS"));
	imap_flags_write_words(writer->out, system, words);
}

void fetch_uid(struct fetch_writer *writer, uint32_t uid)
{
	writer->asked_uid = true;
	if (writer->uid)
		return;
	fetch_label(writer, SLICE("UID"));
	buffer_append_number(writer->out, uid);
}

void fetch_modseq(struct fetch_writer *writer, uint64_t modseq)
{
	fetch_label(writer, SLICE("MODSEQ"));
	buffer_append_byte(writer->out, '(');
	buffer_append_number(writer->out, modseq);
	buffer_append_byte(writer->out, ')');
}

void fetch_size(struct fetch_writer *writer, struct slice label, uint64_t size)
{
	fetch_label(writer, label);
	buffer_append_number(writer->out, size);
}

void fetch_internal_date(struct fetch_writer *writer, int64_t ms)
{
	fetch_label(writer, SLICE("INTERNALDATE"));
	imap_date_time_write(writer->out, ms);
}

void fetch_save_date(struct fetch_writer *writer, int64_t ms)
{
	fetch_label(writer, SLICE("SAVEDATE"));
	if (ms)
		imap_date_time_write(writer->out, ms);
	else
		buffer_append(writer->out, SLICE("NIL"));
}

void fetch_object(struct fetch_writer *writer, struct slice label, struct slice id)
{
	fetch_label(writer, label);
	if (!id.size) {
		buffer_append(writer->out, SLICE("NIL"));
		return;
	}
	buffer_append_byte(writer->out, '(');
	buffer_append(writer->out, id);
	buffer_append_byte(writer->out, ')');
}

void fetch_text(struct fetch_writer *writer, struct slice label, struct slice text)
{
	fetch_label(writer, label);
	imap_write_nstring(writer->out, text, writer->utf8);
}

void fetch_literal(
	struct fetch_writer *writer, struct slice label, uint64_t size, bool binary)
{
	fetch_label(writer, label);
	buffer_append(writer->out, binary ? SLICE("~{") : SLICE("{"));
	buffer_append_number(writer->out, size);
	buffer_append(writer->out, SLICE("}\r\n"));
}
