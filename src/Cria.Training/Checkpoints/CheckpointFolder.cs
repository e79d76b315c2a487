using System.Globalization;
using Cria.Models;

namespace Cria.Training;

/// <summary>
/// The checkpoints of one stage: the last two are kept, so that damage to the newest costs the steps between them and no more.
/// </summary>
public sealed class CheckpointFolder
{
    private const int Kept = 2;
    private const string Prefix = "step-";
    private const string Suffix = ".checkpoint";

    private readonly string _folder;
    private readonly SettingsFingerprint _settings;

    /// <summary>The checkpoints in a folder, which need not exist yet.</summary>
    /// <param name="folder">Its path.</param>
    /// <param name="settings">The settings of this training.</param>
    public CheckpointFolder(string folder, SettingsFingerprint settings)
    {
        _folder = folder;
        _settings = settings;
    }

    /// <summary>Writes a checkpoint of the trainer's present step, then deletes all but the last two.</summary>
    /// <exception cref="IOException">It could not be written; those before it are intact.</exception>
    public void Save(Trainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        TrainingCheckpoint.Write(PathOf(trainer.Steps), trainer.Network.Weights, trainer.Optimizer, _settings);
        foreach (long step in Steps().Skip(Kept))
        {
            File.Delete(PathOf(step));
        }
    }

    /// <summary>Restores the newest checkpoint that is not damaged; false where there are none, and the trainer is as it was.</summary>
    /// <param name="trainer">Of the same settings.</param>
    /// <param name="notice">Told about each damaged checkpoint that was passed over.</param>
    /// <exception cref="TrainingCheckpointException">The checkpoints are of other settings, or all of them are damaged.</exception>
    public bool TryRestore(Trainer trainer, Action<string>? notice = null)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        DeleteUnfinished();
        DamagedCheckpointException? damage = null;
        foreach (long step in Steps())
        {
            try
            {
                Restore(PathOf(step), trainer);
                return true;
            }
            catch (DamagedCheckpointException e)
            {
                notice?.Invoke($"{e.Message} The one before it is tried instead.");
                damage = e;
            }
        }

        return damage is null
            ? false
            : throw new TrainingCheckpointException(
                $"No checkpoint in {_folder} is usable; delete the folder to start again. {damage.Message}", damage);
    }

    /// <summary>Deletes the folder with all checkpoints: the training is complete.</summary>
    public void Delete()
    {
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private void Restore(string path, Trainer trainer)
    {
        string differences = _settings.DifferencesFrom(TrainingCheckpoint.ReadHeader(path).Settings);
        if (differences.Length > 0)
        {
            throw new TrainingCheckpointException(
                $"The checkpoint {path} belongs to a training with other settings: {differences}. "
                + $"Train with its settings, or delete {_folder} to start again.");
        }

        TrainingCheckpoint.Read(path, trainer.Network.Weights, trainer.Optimizer);
    }

    /// <summary>Removes what a killed process left half-written.</summary>
    private void DeleteUnfinished()
    {
        if (Directory.Exists(_folder))
        {
            foreach (string path in Directory.GetFiles(_folder, "*" + AtomicFile.TemporarySuffix))
            {
                File.Delete(path);
            }
        }
    }

    /// <summary>The steps of the checkpoints, newest first.</summary>
    private long[] Steps()
    {
        if (!Directory.Exists(_folder))
        {
            return [];
        }

        return [.. Directory.GetFiles(_folder, Prefix + "*" + Suffix)
            .Select(path => Path.GetFileName(path)[Prefix.Length..^Suffix.Length])
            .Where(name => long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(name => long.Parse(name, CultureInfo.InvariantCulture))
            .OrderDescending()];
    }

    private string PathOf(long step) => Path.Combine(_folder, $"{Prefix}{step.ToString("D9", CultureInfo.InvariantCulture)}{Suffix}");
}
