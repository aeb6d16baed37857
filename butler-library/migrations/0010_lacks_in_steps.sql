-- Lacks of a demand that is new are counted in steps, by the ids of sources, and those of one that stands no
-- more go in steps, so that no other writer waits for all of them. What is kept of a demand answers questions
-- only while all its lacks are kept. The triggers keep every demand that is here, counted or not: each finds
-- the lacks of the sources that it touches.

ALTER TABLE demands ADD COLUMN counted_to INTEGER; -- the lacks of sources up to this id are kept; null: those of all
