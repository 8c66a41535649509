"""The database keeps the drawing of a version as it was approved, whoever asks."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION campaigns_keep_drawing() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    versions bigint[];
    state text;
BEGIN
    -- An update is refused when it comes from, or leads to, a frozen version.
    versions := CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.version_id] WHEN 'DELETE' THEN ARRAY[OLD.version_id] ELSE ARRAY[OLD.version_id, NEW.version_id] END;
    FOR state IN SELECT status FROM campaigns_version WHERE id = ANY(versions) FOR SHARE LOOP
        IF state NOT IN ('draft', 'changes_requested') THEN
            RAISE EXCEPTION 'The drawing of a version that is % cannot be changed.', state
                USING ERRCODE = 'integrity_constraint_violation', HINT = 'Make a new draft of the campaign.';
        END IF;
    END LOOP;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER campaigns_keep_activities BEFORE INSERT OR UPDATE OR DELETE ON campaigns_activity
    FOR EACH ROW EXECUTE FUNCTION campaigns_keep_drawing();
CREATE TRIGGER campaigns_keep_transitions BEFORE INSERT OR UPDATE OR DELETE ON campaigns_transition
    FOR EACH ROW EXECUTE FUNCTION campaigns_keep_drawing();
"""
BACK = """
DROP TRIGGER campaigns_keep_transitions ON campaigns_transition;
DROP TRIGGER campaigns_keep_activities ON campaigns_activity;
DROP FUNCTION campaigns_keep_drawing();
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACK)]
