-- A slot that is the calling student's until the end of the transaction: what private.claim_slot answers.
create type private.slot_claim as (
    claimed public.booking_offers, -- as it is now that nobody else can change it
    end_time timestamptz
);
comment on type private.slot_claim is 'A claimed slot: the offer as it is now, and when the slot ends.';
