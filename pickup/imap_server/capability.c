/* What is offered, what is switched on, who is there: CAPABILITY, STARTTLS, COMPRESS,
 * ID, ENABLE, NAMESPACE. */
#include "imap/write.h"
#include "imap_server/commands.h"
#include "imap_server/others.h"
#include "io/deflate.h"

struct imap_offer imap_offer_now(struct imap_dialogue *dialogue)
{
	struct imap_offer offer = {0};

	dialogue->session.policy->offer(&dialogue->session, &offer);
	return offer;
}

static bool has_starttls(const struct imap_dialogue *dialogue)
{
	const struct conversation *conversation = &dialogue->session.conversation;

	return dialogue->options->tls && conversation->stream &&
	       !stream_facts(conversation->stream)->encrypted;
}

/* Many look for IMAP4rev1 by name, even beside rev2. */
void imap_write_capabilities(struct imap_dialogue *dialogue, struct buffer *out)
{
	struct imap_offer offer;

	buffer_append(out, SLICE("CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ID "
				 "ENABLE IDLE"));
	if (!dialogue->account) {
		offer = imap_offer_now(dialogue);
		if (has_starttls(dialogue))
			buffer_append(out, SLICE(" STARTTLS"));
		if (!offer.login)
			buffer_append(out, SLICE(" LOGINDISABLED"));
		for (unsigned i = 0; i < SASL_MECHANISMS; i++) {
			if (offer.mechanisms & 1u << i)
				buffer_append_format(out, " AUTH=%s",
					sasl_mechanism_name((enum sasl_mechanism)i));
		}
		return;
	}
	buffer_append(out,
		SLICE(" UIDPLUS MOVE UNSELECT NAMESPACE CHILDREN SPECIAL-USE "
		      "CREATE-SPECIAL-USE LIST-EXTENDED LIST-STATUS STATUS=SIZE "
		      "CONDSTORE QRESYNC ESEARCH SEARCHRES SORT SORT=DISPLAY ESORT "
		      "THREAD=ORDEREDSUBJECT THREAD=REFERENCES WITHIN SAVEDATE PREVIEW "
		      "ACL RIGHTS=texk LIST-MYRIGHTS METADATA OBJECTID BINARY PARTIAL "
		      "UIDBATCHES UIDONLY INPROGRESS MULTIAPPEND REPLACE UTF8=ACCEPT "
		      "QUOTA "
		      "QUOTA=RES-STORAGE QUOTA=RES-MESSAGE"));
	if (!dialogue->compressed)
		buffer_append(out, SLICE(" COMPRESS=DEFLATE"));
	buffer_append_format(out, " APPENDLIMIT=%llu",
		(unsigned long long)dialogue->options->message_max);
}

void imap_capability(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	buffer_append(&dialogue->out, SLICE("* "));
	imap_write_capabilities(dialogue, &dialogue->out);
	buffer_append(&dialogue->out, SLICE("\r\n"));
	imap_tell(dialogue, true);
	imap_ok(dialogue, SLICE_EMPTY, "CAPABILITY completed");
}

/* What was said before TLS counts no more, nor does what is said behind the command
 * before it (RFC 9051 6.2.1, CVE-2011-0411). */
void imap_starttls(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	struct conversation *conversation = &dialogue->session.conversation;

	if (stream_facts(conversation->stream)->encrypted) {
		imap_bad(dialogue, "TLS is already on");
	} else if (!dialogue->options->tls) {
		imap_bad(dialogue, "STARTTLS is not offered here");
	} else if (conversation_has_more(conversation)) {
		imap_bad(dialogue, "Wait for the answer to STARTTLS");
		imap_bye(dialogue, "Words before TLS");
	} else {
		imap_ok(dialogue, SLICE_EMPTY, "Begin TLS now");
		dialogue->ended = !conversation_start_tls(conversation,
			arena_copy(&dialogue->arena, buffer_contents(&dialogue->out)),
			deadline);
		buffer_clear(&dialogue->out);
	}
}

/* RFC 4978: from behind the OK on, both ways. */
void imap_compress(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	struct conversation *conversation = &dialogue->session.conversation;

	imap_tell(dialogue, true);
	if (dialogue->compressed) {
		imap_no(dialogue, "COMPRESSIONACTIVE", "Compression is on already");
		return;
	}
	imap_ok(dialogue, SLICE_EMPTY, "Compression begins");
	if (!imap_flush(dialogue, deadline))
		return;
	conversation->stream = stream_deflate(&conversation->stream);
	dialogue->compressed = true;
}

void imap_id(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	static const struct slice names[] = {{"name", 4}};
	static const struct slice values[] = {{"Ringpost", 8}};
	static const struct imap_id ours = {names, values, 1};

	imap_write_id(&dialogue->out, &ours);
	imap_tell(dialogue, true);
	imap_ok(dialogue, SLICE_EMPTY, "ID completed");
}

/* RFC 5161: what is not known is passed over. */
void imap_enable(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	struct slice enabled[6];
	size_t count = 0;

	for (size_t i = 0; i < command->words.count && count < 6; i++) {
		struct slice word = command->words.at[i];

		if (slice_equal_nocase(word, SLICE("CONDSTORE"))) {
			imap_turn_on_condstore(dialogue);
			enabled[count++] = SLICE("CONDSTORE");
		} else if (slice_equal_nocase(word, SLICE("QRESYNC"))) {
			imap_turn_on_condstore(dialogue);
			dialogue->qresync = true;
			enabled[count++] = SLICE("QRESYNC");
		} else if (slice_equal_nocase(word, SLICE("UTF8=ACCEPT"))) {
			dialogue->utf8 = true;
			enabled[count++] = SLICE("UTF8=ACCEPT");
		} else if (slice_equal_nocase(word, SLICE("IMAP4rev2"))) {
			dialogue->rev2 = true;
			enabled[count++] = SLICE("IMAP4rev2");
		} else if (slice_equal_nocase(word, SLICE("UIDONLY"))) {
			dialogue->uid_only = true;
			enabled[count++] = SLICE("UIDONLY");
		}
	}
	imap_write_words(&dialogue->out, "ENABLED", enabled, count);
	imap_ok(dialogue, SLICE_EMPTY, "ENABLE completed");
}

void imap_namespace(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	imap_write_namespace(&dialogue->out, SLICE(IMAP_OTHERS "/"),
		imap_shared_account(dialogue).size ? SLICE(IMAP_SHARED "/")
						   : SLICE_EMPTY);
	imap_tell(dialogue, true);
	imap_ok(dialogue, SLICE_EMPTY, "NAMESPACE completed");
}
