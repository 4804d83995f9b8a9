#!lua name=ringpost_1
-- The queue's functions: the only writers of its keys (body bytes of the
-- redis store excepted, which are plain keys until a commit adopts them).
--
-- Every function works on one shard. Its keys share the tag {rp:NN}:
--   lease     hash   epoch, owner, until: who may change this shard
--   entries   hash   entry key -> packed entry: all the mail there is
--   domains   zset   domain -> when its earliest entry is due
--   due:D     zset   entry key -> when it is due, for domain D
--   held      zset   entry key -> when it is released (+inf: by hand)
--   refs      hash   message id -> entries alive (redis bodies, several entries)
--   body:I:N  string piece N of message I (redis store)
--
-- An entry that stands in no schedule is Q3, taken: its owner has it in
-- memory. That makes the common case one HSET and one HDEL. When a shard
-- changes hands, the new owner's recovery finds those and schedules them.
--
-- KEYS[1] is always the lease, KEYS[2] the entries, KEYS[3] domains, KEYS[4]
-- held where a function needs them; ARGV[1] the epoch of the caller's lease,
-- ARGV[2] the time in ms. A caller whose lease is not the newest hears FENCED.

local function prefix(keys)
	return string.sub(keys[1], 1, -6) -- without "lease"
end

local function fenced(keys, argv)
	local epoch = redis.call('HGET', keys[1], 'epoch')
	if epoch == argv[1] then
		return nil
	end
	return redis.error_reply('FENCED epoch is ' .. tostring(epoch))
end

-- Packed entries begin with a version byte, the length of the domain, and it.
local function domain_of(packed)
	return string.sub(packed, 3, 2 + string.byte(packed, 2))
end

local function schedule(base, domain, key, due)
	redis.call('ZADD', base .. 'due:' .. domain, due, key)
	redis.call('ZADD', base .. 'domains', 'LT', due, domain)
end

-- After entries of a domain left its schedule: when is the next one due?
local function refresh(base, domain)
	local first = redis.call('ZRANGE', base .. 'due:' .. domain, 0, 0, 'WITHSCORES')
	if first[2] then
		redis.call('ZADD', base .. 'domains', first[2], domain)
	else
		redis.call('ZREM', base .. 'domains', domain)
	end
end

local function unschedule(base, domain, key)
	if redis.call('ZREM', base .. 'due:' .. domain, key) == 1 then
		refresh(base, domain)
	end
end

-- lease_acquire lease | now ttl owner same: a free or expired lease, or one
-- of ours (SAME is the part of the owner that a restart keeps).
-- -> {epoch} or {0, owner, until}
local function lease_acquire(keys, argv)
	local now, ttl = tonumber(argv[1]), tonumber(argv[2])
	local lease = redis.call('HMGET', keys[1], 'epoch', 'owner', 'until')
	local held = lease[2] and lease[2] ~= '' and tonumber(lease[3]) > now
	if held and string.sub(lease[2], 1, #argv[4]) ~= argv[4] then
		return { 0, lease[2], lease[3] }
	end
	local epoch = (tonumber(lease[1]) or 0) + 1
	redis.call('HSET', keys[1], 'epoch', epoch, 'owner', argv[3], 'until', now + ttl)
	return { epoch }
end

-- lease_renew lease | epoch now ttl
local function lease_renew(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	redis.call('HSET', keys[1], 'until', tonumber(argv[2]) + tonumber(argv[3]))
	return redis.status_reply('OK')
end

-- lease_release lease | epoch now
local function lease_release(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	redis.call('HSET', keys[1], 'owner', '', 'until', 0)
	return redis.status_reply('OK')
end

-- commit lease entries | epoch now fields schedules bodies refs …
-- then FIELDS pairs (key, packed), SCHEDULES triples (key, domain, due), BODIES
-- keys of redis bodies to adopt, REFS pairs (id, entries). Repeating it changes
-- nothing.
local function commit(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	local fields, schedules = tonumber(argv[3]), tonumber(argv[4])
	local bodies, refs = tonumber(argv[5]), tonumber(argv[6])
	local at = 7 + 2 * fields
	local base = prefix(keys)
	local body_at = at + 3 * schedules
	for i = body_at, body_at + bodies - 1 do
		if redis.call('PERSIST', argv[i]) == 0
				and redis.call('EXISTS', argv[i]) == 0 then
			return redis.error_reply('GONE ' .. argv[i])
		end
	end
	redis.call('HSET', keys[2], unpack(argv, 7, at - 1))
	for i = at, body_at - 1, 3 do
		schedule(base, argv[i + 1], argv[i], argv[i + 2])
	end
	local ref_at = body_at + bodies
	for i = ref_at, ref_at + 2 * refs - 1, 2 do
		redis.call('HSET', base .. 'refs', argv[i], argv[i + 1])
	end
	return redis.status_reply('OK')
end

-- settle lease entries | epoch now done again bodies …
-- then DONE keys that leave, AGAIN quadruples (key, packed or '' as it is,
-- domain, due or 'held'), BODIES pairs (id, pieces) of redis bodies, one for
-- each key that left: the pieces go with the message's last entry.
local function settle(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	local done, again, bodies = tonumber(argv[3]), tonumber(argv[4]), tonumber(argv[5])
	local base = prefix(keys)
	local at = 6 + done
	local body_at = at + 4 * again
	if bodies == 0 then
		if done > 0 then
			redis.call('HDEL', keys[2], unpack(argv, 6, at - 1))
		end
	else
		for i = 0, done - 1 do
			local id, pieces = argv[body_at + 2 * i], tonumber(argv[body_at + 2 * i + 1])
			if redis.call('HDEL', keys[2], argv[6 + i]) == 1 then
				local left = 0
				if redis.call('HEXISTS', base .. 'refs', id) == 1 then
					left = redis.call('HINCRBY', base .. 'refs', id, -1)
				end
				if left <= 0 then
					redis.call('HDEL', base .. 'refs', id)
					for piece = 0, pieces - 1 do
						redis.call('UNLINK', base .. 'body:' .. id .. ':' .. piece)
					end
				end
			end
		end
	end
	for i = at, body_at - 1, 4 do
		if redis.call('HEXISTS', keys[2], argv[i]) == 1 then
			if argv[i + 1] ~= '' then
				redis.call('HSET', keys[2], argv[i], argv[i + 1])
			end
			if argv[i + 3] == 'held' then
				redis.call('ZADD', base .. 'held', '+inf', argv[i])
			else
				schedule(base, argv[i + 2], argv[i], argv[i + 3])
			end
		end
	end
	return redis.status_reply('OK')
end

-- due lease _ domains held | epoch now limit: moves what is held until now
-- into the schedule is the caller's (release); here, what waits.
-- -> {{domain, due} …, next due after those or -1, next release or -1}
local function due(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	local list = redis.call('ZRANGE', keys[3], '-inf', argv[2], 'BYSCORE',
		'LIMIT', 0, argv[3], 'WITHSCORES')
	local later = redis.call('ZRANGE', keys[3], '(' .. argv[2], '+inf', 'BYSCORE',
		'LIMIT', 0, 1, 'WITHSCORES')
	local held = redis.call('ZRANGE', keys[4], 0, 0, 'WITHSCORES')
	local release = held[2] ~= 'inf' and held[2] or '-1'
	return { list, later[2] or '-1', release or '-1' }
end

-- take lease entries | epoch now domain limit: Q2/Q4 -> Q3.
-- -> {key, packed, key, packed …}
local function take(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	local base, domain = prefix(keys), argv[3]
	local list = redis.call('ZRANGE', base .. 'due:' .. domain, '-inf', argv[2],
		'BYSCORE', 'LIMIT', 0, argv[4])
	if #list == 0 then
		refresh(base, domain)
		return {}
	end
	local packed = redis.call('HMGET', keys[2], unpack(list))
	redis.call('ZREM', base .. 'due:' .. domain, unpack(list))
	refresh(base, domain)
	local out = {}
	for i, key in ipairs(list) do
		if packed[i] then
			out[#out + 1] = key
			out[#out + 1] = packed[i]
		end
	end
	return out
end

-- postpone lease _ domains | epoch now domain until: its entries keep their
-- own times, the domain as a whole is not looked at before UNTIL (0: again at
-- its earliest entry's).
local function postpone(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	if argv[4] == '0' then
		refresh(prefix(keys), argv[3])
	else
		redis.call('ZADD', keys[3], 'XX', argv[4], argv[3])
	end
	return redis.status_reply('OK')
end

-- What an entry waits for: a due time, 'held', or '' when it stands nowhere.
local function place_of(base, key, packed)
	local at = redis.call('ZSCORE', base .. 'due:' .. domain_of(packed), key)
	if at then
		return at
	end
	return redis.call('ZSCORE', base .. 'held', key) and 'held' or ''
end

-- page lease entries | epoch now cursor count: the entries in pages (HSCAN).
-- -> {cursor, {key, packed, place …}}
local function page(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	local base = prefix(keys)
	local got = redis.call('HSCAN', keys[2], argv[3], 'COUNT', argv[4])
	local out, list = {}, got[2]
	for i = 1, #list, 2 do
		out[#out + 1] = list[i]
		out[#out + 1] = list[i + 1]
		out[#out + 1] = place_of(base, list[i], list[i + 1])
	end
	return { got[1], out }
end

-- waiting lease entries | epoch now domain offset count: a domain's schedule
-- in order. -> {key, packed, due …}
local function waiting(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	local list = redis.call('ZRANGE', prefix(keys) .. 'due:' .. argv[3], argv[4],
		tonumber(argv[4]) + tonumber(argv[5]) - 1, 'WITHSCORES')
	local out = {}
	for i = 1, #list, 2 do
		local packed = redis.call('HGET', keys[2], list[i])
		if packed then
			out[#out + 1] = list[i]
			out[#out + 1] = packed
			out[#out + 1] = list[i + 1]
		end
	end
	return out
end

-- find lease entries | epoch now id …: -> {key, packed, place …} of each key
-- that is there.
local function find(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	local base, out = prefix(keys), {}
	for i = 3, #argv do
		local packed = redis.call('HGET', keys[2], argv[i])
		if packed then
			out[#out + 1] = argv[i]
			out[#out + 1] = packed
			out[#out + 1] = place_of(base, argv[i], packed)
		end
	end
	return out
end

-- act lease entries domains held | epoch now what key …: retry (due now), hold,
-- release (what is held: due now), drop. Only entries that wait are touched:
-- those in Q3 are their owner's. -> how many
local function act(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	local base, now, what, count = prefix(keys), argv[2], argv[3], 0
	for i = 4, #argv do
		local key = argv[i]
		local packed = redis.call('HGET', keys[2], key)
		local place = packed and place_of(base, key, packed) or ''
		local held = place == 'held'
		if place ~= '' and (what ~= 'release' or held)
				and (what ~= 'retry' or not held) and (what ~= 'hold' or not held) then
			local domain = domain_of(packed)
			if held then
				redis.call('ZREM', keys[4], key)
			else
				unschedule(base, domain, key)
			end
			if what == 'hold' then
				redis.call('ZADD', keys[4], '+inf', key)
			elseif what == 'drop' then
				redis.call('HDEL', keys[2], key)
			else
				schedule(base, domain, key, now)
			end
			count = count + 1
		end
	end
	return count
end

-- recover lease entries | epoch now key …: schedules now what stands nowhere
-- (the caller has left out what it holds itself). -> how many
local function recover(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	local base, count = prefix(keys), 0
	for i = 3, #argv do
		local packed = redis.call('HGET', keys[2], argv[i])
		if packed and place_of(base, argv[i], packed) == '' then
			schedule(base, domain_of(packed), argv[i], argv[2])
			count = count + 1
		end
	end
	return count
end

-- count lease entries domains held | epoch now limit: figures without a scan.
-- -> {entries, held, {domain, entries waiting, next due …}} of the LIMIT
-- domains that are due first
local function count(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	local base, out = prefix(keys), {}
	local list = redis.call('ZRANGE', keys[3], 0, tonumber(argv[3]) - 1, 'WITHSCORES')
	for i = 1, #list, 2 do
		out[#out + 1] = list[i]
		out[#out + 1] = redis.call('ZCARD', base .. 'due:' .. list[i])
		out[#out + 1] = list[i + 1]
	end
	return { redis.call('HLEN', keys[2]), redis.call('ZCARD', keys[4]), out }
end

-- move lease entries | epoch now (key, old, new) …: compaction put a body
-- elsewhere; only an entry still as it was is changed. -> {1 or 0 …}
local function move(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	local out = {}
	for i = 3, #argv, 3 do
		local same = redis.call('HGET', keys[2], argv[i]) == argv[i + 1]
		if same then
			redis.call('HSET', keys[2], argv[i], argv[i + 2])
		end
		out[#out + 1] = same and 1 or 0
	end
	return out
end

-- Accepting mail is refused when memory is full; all that makes room is not.
local function always(name, callback)
	redis.register_function({ function_name = 'ringpost_1_' .. name,
		callback = callback, flags = { 'allow-oom' } })
end

redis.register_function('ringpost_1_commit', commit)
always('lease_acquire', lease_acquire)
always('lease_renew', lease_renew)
always('lease_release', lease_release)
always('settle', settle)
always('due', due)
always('take', take)
always('postpone', postpone)
always('page', page)
always('waiting', waiting)
always('find', find)
always('act', act)
always('recover', recover)
always('count', count)
always('move', move)
